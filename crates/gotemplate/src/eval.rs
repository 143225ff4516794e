//! Expressions: pipelines, commands, fields, methods, arguments. Go: the `eval` functions of `text/template/exec.go`.

use std::rc::Rc;

use super::builtins::{self, Builtin, Which, has_any, zero_entry};
use super::exec::{Executor, Frame, MissingKey};
use super::func::Func;
use super::table::Callee;
use super::unit::{Chain, Id, Kind, NONE, Path, Range, Span, Unit};
use super::val::Val;
use crate::error::{Error, Origin, Result, STRING_WANTED};
use crate::value::{self, Elem, List, Map, MapType, Object, Str, Ty, Value};
use go::stack::with_stack;
use go::strconv::quote;

/// What is called: its name and parameters.
#[derive(Clone, Copy)]
struct Signature<'s> {
    name: &'s str,
    params: &'s [Ty],
    variadic: bool,
}

/// The type of a parameter that nothing declares.
static ANY: Ty = Ty::Any;

impl Executor<'_> {
    /// The value of a pipeline, out of its interface. Go: `evalPipeline`.
    #[inline]
    pub(super) fn pipeline(&mut self, f: &mut Frame<'_>, id: Id) -> Result<Val> {
        let unit = f.unit;
        match unit.node(id).kind {
            Kind::Simple(operand) => {
                let mut value = match unit.node(operand).kind {
                    Kind::Field(_) => self.field(f, operand, &[], None)?,
                    _ => self.variable(f, operand, &[], None)?,
                };
                value.iface = false;
                Ok(value)
            }
            Kind::Pipe(commands) => self.commands(f, id, commands, Span::default()),
            Kind::Setter(number) => match unit.setter(number) {
                Some(setter) => self.commands(f, id, setter.commands, setter.decls),
                None => Ok(Val::default()),
            },
            _ => Ok(Val::default()),
        }
    }

    fn commands(&mut self, f: &mut Frame<'_>, id: Id, commands: Span, decls: Span) -> Result<Val> {
        f.at = id;
        let unit = f.unit;
        let Some((first, rest)) = unit.kids(commands).split_first() else { return Ok(Val::default()) };
        let mut value = self.command(f, *first, None)?;
        value.iface = false;
        for command in rest {
            value = self.command(f, *command, Some(value))?;
            value.iface = false;
        }
        if decls.len > 0 {
            for decl in unit.decls(decls) {
                if decl.slot == NONE {
                    return Err(self.undefined(f, decl.name));
                }
                self.set_var(f, decl.slot, value.clone());
            }
        }
        Ok(value)
    }

    /// A pipeline in parentheses: as deep as the template nests them.
    #[inline]
    fn parenthesized(&mut self, f: &mut Frame<'_>, id: Id) -> Result<Val> {
        with_stack(|| self.pipeline(f, id))
    }

    /// Go: `evalCommand`. `last` is the value that the pipeline hands on.
    fn command(&mut self, f: &mut Frame<'_>, id: Id, last: Option<Val>) -> Result<Val> {
        let unit = f.unit;
        let Kind::Command(args) = unit.node(id).kind else { return Ok(Val::default()) };
        let Some((&first, args)) = unit.kids(args).split_first() else { return Ok(Val::default()) };
        match unit.node(first).kind {
            Kind::Field(_) => return self.field(f, first, args, last),
            Kind::Function(callee) => return self.function(f, first, callee, id, args, last),
            Kind::Variable(..) | Kind::Path(_) => return self.variable(f, first, args, last),
            Kind::Chain(_) => return self.chain(f, first, args, last),
            Kind::Simple(_) | Kind::Pipe(_) | Kind::Setter(_) => {
                self.no_arguments(f, first, args, last.as_ref())?;
                return self.parenthesized(f, first);
            }
            _ => {}
        }
        f.at = first;
        self.no_arguments(f, first, args, last.as_ref())?;
        match unit.node(first).kind {
            Kind::Dot => Ok(f.dot.clone()),
            Kind::Nil => Err(self.fail(f, "nil is not a command")),
            _ => self.constant(f, first).map(Val::of),
        }
    }

    #[inline]
    fn no_arguments(&self, f: &Frame<'_>, first: Id, args: &[Id], last: Option<&Val>) -> Result<()> {
        if args.is_empty() && last.is_none() { Ok(()) } else { Err(self.not_a_function(f, first)) }
    }

    #[cold]
    fn not_a_function(&self, f: &Frame<'_>, first: Id) -> Error {
        self.fail(f, &format!("can't give argument to non-function {}", self.text_of(f, first)))
    }

    #[cold]
    fn undefined(&self, f: &Frame<'_>, name: Range) -> Error {
        let name = String::from_utf8_lossy(f.unit.slice(name));
        self.fail(f, &format!("undefined variable: {name}"))
    }

    #[cold]
    fn not_a_method(&self, f: &Frame<'_>, name: &[u8]) -> Error {
        let name = String::from_utf8_lossy(name);
        self.fail(f, &format!("{name} is not a method but has arguments"))
    }

    fn text_of(&self, f: &Frame<'_>, id: Id) -> String {
        f.unit.show(id, self.budget.limits.error_bytes)
    }

    /// A bool, number or string where nothing says what type it should have. Go: `idealConstant`.
    #[inline]
    fn constant(&self, f: &Frame<'_>, id: Id) -> Result<Value> {
        let unit = f.unit;
        match unit.node(id).kind {
            Kind::Bool(b) => Ok(Value::Bool(b)),
            Kind::String(string, _) => Ok(Value::Str(unit.string(string))),
            Kind::Number(number, _) => {
                let number = unit.numbers.get(number as usize);
                if let Some(n) = number {
                    if let Some(complex) = n.complex {
                        return Ok(Value::Object(Rc::new(complex)));
                    }
                    if let (true, Some(float)) = (n.floating, n.float) {
                        return Ok(Value::Float(float));
                    }
                    if let Some(int) = n.int {
                        return Ok(Value::Int(int));
                    }
                }
                Err(self.fail(f, &format!("{} overflows int", self.text_of(f, id))))
            }
            _ => Ok(Value::Nil),
        }
    }

    // ---- fields, variables and chains

    /// Go: `evalFieldNode`.
    fn field(&mut self, f: &mut Frame<'_>, id: Id, args: &[Id], last: Option<Val>) -> Result<Val> {
        f.at = id;
        let unit = f.unit;
        let Kind::Field(fields) = unit.node(id).kind else { return Ok(Val::default()) };
        let names = unit.names(fields);
        // the usual case without a copy of dot: entries of maps
        if let Value::Map(map) = &f.dot.v {
            let plain = args.is_empty() && last.is_none();
            let (found, used) = follow(map, unit, names, plain, &mut self.origin);
            if let Some(value) = found {
                return self.walk_on(f, value, names, used, id, args, last);
            }
        }
        let dot = f.dot.clone();
        self.walk_fields(f, dot, names, id, args, last)
    }

    /// Go: `evalVariableNode`.
    fn variable(&mut self, f: &mut Frame<'_>, id: Id, args: &[Id], last: Option<Val>) -> Result<Val> {
        f.at = id;
        let unit = f.unit;
        let Some(Path { slot, name, fields }) = unit.path(unit.node(id)) else { return Ok(Val::default()) };
        if slot == NONE {
            return Err(self.undefined(f, name));
        }
        let Some(value) = self.vars.get(f.base + slot as usize) else { return Ok(Val::default()) };
        if fields.len == 0 {
            let value = value.clone();
            self.no_arguments(f, id, args, last.as_ref())?;
            return Ok(value);
        }
        let names = unit.names(fields);
        // the usual case without a copy of the variable
        if let Value::Map(map) = &value.v {
            let plain = args.is_empty() && last.is_none();
            let (found, used) = follow(map, unit, names, plain, &mut self.origin);
            if let Some(value) = found {
                return self.walk_on(f, value, names, used, id, args, last);
            }
        }
        let value = value.clone();
        self.walk_fields(f, value, names, id, args, last)
    }

    /// Go: `evalChainNode`.
    fn chain(&mut self, f: &mut Frame<'_>, id: Id, args: &[Id], last: Option<Val>) -> Result<Val> {
        f.at = id;
        let unit = f.unit;
        let Kind::Chain(number) = unit.node(id).kind else { return Ok(Val::default()) };
        let Some(Chain { node, fields }) = unit.chain(number) else { return Ok(Val::default()) };
        f.at = node;
        let value = match unit.node(node).kind {
            kind if kind.is_pipeline() => self.parenthesized(f, node)?,
            Kind::Function(callee) => self.function(f, node, callee, node, &[], None)?,
            _ => Val::default(),
        };
        self.walk_fields(f, value, unit.names(fields), id, args, last)
    }

    /// Goes on behind the first `used` names.
    #[inline]
    #[allow(clippy::too_many_arguments)] // Go's own list of what a chain needs
    fn walk_on(
        &mut self,
        f: &mut Frame<'_>,
        value: Val,
        names: &[Range],
        used: usize,
        id: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        match names.get(used..) {
            None | Some([]) => Ok(value),
            Some(rest) => self.walk_fields(f, value, rest, id, args, last),
        }
    }

    /// Go: `evalFieldChain`. Only the last name can be a call with arguments.
    fn walk_fields(
        &mut self,
        f: &mut Frame<'_>,
        mut value: Val,
        names: &[Range],
        id: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        let unit = f.unit;
        let Some((end, inner)) = names.split_last() else { return Ok(value) };
        for name in inner {
            value = self.step(f, &value, unit.slice(*name), id, &[], None)?;
        }
        self.step(f, &value, unit.slice(*end), id, args, last)
    }

    /// One name of a chain. Go: `evalField`.
    #[inline]
    fn step(
        &mut self,
        f: &mut Frame<'_>,
        receiver: &Val,
        name: &[u8],
        id: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        let Value::Map(map) = &receiver.v else { return self.step_other(f, receiver, name, id, args, last) };
        if map.map_type().has_method(name)
            && let Some(method) = self.funcs.method(name)
        {
            return self.map_method(f, map, method, id, args, last);
        }
        if !args.is_empty() || last.is_some() {
            return Err(self.not_a_method(f, name));
        }
        match map.entry(name) {
            Some(entry) => {
                self.origin = entry.origin;
                Ok(Val { v: entry.value, iface: has_any(map) })
            }
            None => self.missing(f, map, name),
        }
    }

    fn missing(&self, f: &Frame<'_>, map: &Map, name: &[u8]) -> Result<Val> {
        match self.missing_key {
            MissingKey::Default => Ok(Val::default()),
            MissingKey::Zero => Ok(zero_entry(map)),
            MissingKey::Error => Err(self.fail(f, &format!("map has no entry for key {}", quote(name)))),
        }
    }

    /// A method of the named map type.
    fn map_method(
        &mut self,
        f: &mut Frame<'_>,
        map: &Map,
        method: &'static Func,
        id: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        let signature = Signature { name: method.name, params: method.params, variadic: method.variadic };
        let mut values = self.arguments(f, signature, args, last)?;
        values.insert(0, Value::Map(map.clone()));
        self.called(f, method, values, id, args)
    }

    #[inline(never)]
    fn step_other(
        &mut self,
        f: &mut Frame<'_>,
        receiver: &Val,
        name: &[u8],
        id: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        let shown = String::from_utf8_lossy(name);
        let type_name = if receiver.iface { "interface {}" } else { receiver.v.type_name() };
        if receiver.v.is_nil() {
            if receiver.iface {
                let error = self.fail(f, &format!("nil pointer evaluating {type_name}.{shown}"));
                return Err(self.with_missing(f, f.at, error));
            }
            if self.missing_key == MissingKey::Error {
                return Err(self.fail(f, &format!("nil data; no entry for key {}", quote(name))));
            }
            return Ok(Val::default());
        }
        if let (Value::Object(object), Ok(name)) = (&receiver.v, std::str::from_utf8(name)) {
            let has_arguments = !args.is_empty() || last.is_some();
            if let Some(method) = object.method(name) {
                return self.method(f, object.as_ref(), name, &method, id, args, last);
            }
            if object.kind() == value::Kind::Map {
                if has_arguments {
                    return Err(self.not_a_method(f, name.as_bytes()));
                }
                return match (object.field(name), self.missing_key) {
                    (Some(v), _) => Ok(Val::of(v)),
                    (None, MissingKey::Error) => {
                        Err(self.fail(f, &format!("map has no entry for key {}", quote(name.as_bytes()))))
                    }
                    (None, _) => Ok(Val::default()),
                };
            }
            if let Some(v) = object.field(name) {
                if has_arguments {
                    let message = format!("{name} has arguments but cannot be invoked as function");
                    return Err(self.fail(f, &message));
                }
                return Ok(Val::of(v));
            }
        }
        let error = self.fail(f, &format!("can't evaluate field {shown} in type {type_name}"));
        Err(self.with_missing(f, f.at, error))
    }

    #[allow(clippy::too_many_arguments)] // Go's own list of what a call needs
    fn method(
        &mut self,
        f: &mut Frame<'_>,
        object: &dyn Object,
        name: &str,
        method: &value::Method,
        id: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        let signature = Signature { name, params: method.params, variadic: method.variadic };
        let values = self.arguments(f, signature, args, last)?;
        if let Some(refusal) = method.refusal {
            return Err(self.fail(f, refusal));
        }
        let result = match self.budget.reserve(object.cost(name, &values)) {
            Ok(()) => object.call(name, &values),
            Err(error) => Err(error),
        };
        self.release(values);
        match result {
            Ok(v) => Ok(Val { v, iface: method.ret == Ty::Any }),
            Err(error) => {
                f.at = id;
                Err(self.call_failed(f, name, error))
            }
        }
    }

    // ---- calls

    /// Go: `evalFunction`, `evalCall`. `id` is the identifier and `node` what an error of the call points at.
    fn function(
        &mut self,
        f: &mut Frame<'_>,
        id: Id,
        callee: u32,
        node: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        f.at = id;
        let func: &'static Func = match f.unit.callee(callee) {
            Some(Callee::Builtin(builtin)) => return self.builtin(f, builtin, node, args, last),
            Some(Callee::Native(func)) => func,
            None => return Ok(Val::default()),
        };
        let signature = Signature { name: func.name, params: func.params, variadic: func.variadic };
        let values = self.arguments(f, signature, args, last)?;
        self.called(f, func, values, node, args)
    }

    /// Calls a function; `node` is what an error points at, and `args` are the arguments as written.
    #[inline]
    fn called(
        &mut self,
        f: &mut Frame<'_>,
        func: &'static Func,
        values: Vec<Value>,
        node: Id,
        args: &[Id],
    ) -> Result<Val> {
        let result = match self.budget.step(u64::from(func.weight)) {
            Ok(()) => (func.call)(self, &values),
            Err(error) => Err(error),
        };
        self.release(values);
        match result {
            Ok(v) => Ok(Val { v, iface: func.ret == Ty::Any }),
            Err(error) => {
                f.at = node;
                // an error with a place is that of a template which the function ran
                let is_own = error.location().is_none() && error.hint().is_none();
                let error = self.call_failed(f, func.name, error);
                Err(if is_own { self.with_missing_argument(f, args, error) } else { error })
            }
        }
    }

    fn builtin(
        &mut self,
        f: &mut Frame<'_>,
        builtin: &Builtin,
        node: Id,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Val> {
        let signature = Signature { name: builtin.name, params: builtin.params, variadic: builtin.variadic };
        if matches!(builtin.which, Which::And | Which::Or) {
            self.check_count(f, signature, args.len(), last.is_some())?;
            let mut value = Val::default();
            for arg in args {
                value = self.reflected(f, *arg)?;
                if value.v.is_true() == (builtin.which == Which::Or) {
                    return Ok(value);
                }
            }
            return Ok(last.unwrap_or(value));
        }
        // `len` tells a nil interface from no value
        let mut iface = false;
        let values = match (builtin.which, args, &last) {
            (Which::Len, [only], None) => {
                let value = self.reflected(f, *only)?;
                iface = value.iface;
                let mut values = self.pool.pop().unwrap_or_default();
                values.push(value.v);
                values
            }
            _ => self.arguments(f, signature, args, last)?,
        };
        if let Err(error) = self.budget.step(1) {
            f.at = node;
            return Err(self.call_failed(f, builtin.name, error));
        }
        let unit = f.unit;
        let limit = self.budget.limits.error_bytes;
        let first = args.first().copied();
        let callee = || match (first, values.first()) {
            (Some(id), _) => unit.show(id, limit),
            (None, Some(Value::Str(s))) => s.to_string(),
            (None, Some(other)) => format!("<{} Value>", other.type_name()),
            (None, None) => String::new(),
        };
        let mut origin = self.origin;
        let mut call =
            builtins::Call { args: &values, iface, callee: &callee, budget: self.budget, origin: &mut origin };
        let result = builtins::run(builtin.which, &mut call);
        self.origin = origin;
        self.release(values);
        result.map_err(|error| {
            f.at = node;
            let error = self.call_failed(f, builtin.name, error);
            self.with_missing_argument(f, args, error)
        })
    }

    #[inline]
    fn check_count(&self, f: &Frame<'_>, signature: Signature<'_>, args: usize, last: bool) -> Result<()> {
        let given = args + usize::from(last);
        let want = signature.params.len();
        let good = if signature.variadic { given + 1 >= want } else { given == want };
        if good { Ok(()) } else { Err(self.wrong_count(f, signature, args, given)) }
    }

    #[cold]
    fn wrong_count(&self, f: &Frame<'_>, signature: Signature<'_>, args: usize, given: usize) -> Error {
        let Signature { name, params, variadic } = signature;
        let want = params.len();
        self.fail(
            f,
            &if variadic {
                format!("wrong number of args for {name}: want at least {} got {args}", want.saturating_sub(1))
            } else {
                format!("wrong number of args for {name}: want {want} got {given}")
            },
        )
    }

    /// Counts, evaluates, checks and converts the arguments of a call.
    #[inline]
    fn arguments(
        &mut self,
        f: &mut Frame<'_>,
        signature: Signature<'_>,
        args: &[Id],
        last: Option<Val>,
    ) -> Result<Vec<Value>> {
        self.check_count(f, signature, args.len(), last.is_some())?;
        let mut values = self.pool.pop().unwrap_or_default();
        let of_last = self.origin;
        // the last parameter stands for all that follow
        let mut params = signature.params.iter();
        let mut ty = &ANY;
        for arg in args {
            ty = params.next().unwrap_or(ty);
            f.at = *arg;
            let value = match f.unit.node(*arg).kind {
                Kind::Bool(_) | Kind::Number(..) | Kind::String(..) => self.typed_constant(f, ty, *arg)?,
                Kind::Nil => zero(ty).ok_or_else(|| self.fail(f, &format!("cannot assign nil to {ty}")))?,
                _ => {
                    let value = self.operand(f, *arg)?;
                    if fits(ty, &value.v) { passed(value.v, ty) } else { self.validate(f, value, ty)? }
                }
            };
            self.pay_for(f, &value)?;
            values.push(value);
        }
        if let Some(last) = last {
            ty = params.next().unwrap_or(ty);
            let value = if fits(ty, &last.v) {
                passed(last.v, ty)
            } else {
                let of_args = std::mem::replace(&mut self.origin, of_last);
                let value = self.validate(f, last, ty)?;
                self.origin = of_args;
                value
            };
            self.pay_for(f, &value)?;
            values.push(value);
        }
        Ok(values)
    }

    /// A function may read all of a text that it is given.
    #[inline]
    fn pay_for(&self, f: &Frame<'_>, value: &Value) -> Result<()> {
        match value {
            Value::Str(text) | Value::Bytes(text) => {
                self.budget.scan(text.len()).map_err(|error| self.limited(f, error))
            }
            _ => Ok(()),
        }
    }

    /// Keeps an argument list for the next call.
    #[inline]
    fn release(&mut self, mut values: Vec<Value>) {
        values.clear();
        self.pool.push(values);
    }

    /// An argument of the type `reflect.Value`, which keeps what it was.
    fn reflected(&mut self, f: &mut Frame<'_>, id: Id) -> Result<Val> {
        f.at = id;
        match f.unit.node(id).kind {
            Kind::Bool(_) | Kind::Number(..) | Kind::String(..) => self.constant(f, id).map(Val::of),
            Kind::Nil => Ok(Val::default()),
            _ => self.operand(f, id),
        }
    }

    /// A value that is no constant, as an argument.
    #[inline]
    fn operand(&mut self, f: &mut Frame<'_>, id: Id) -> Result<Val> {
        match f.unit.node(id).kind {
            Kind::Dot => Ok(f.dot.clone()),
            Kind::Field(_) => self.field(f, id, &[], None),
            Kind::Variable(..) | Kind::Path(_) => self.variable(f, id, &[], None),
            Kind::Simple(_) | Kind::Pipe(_) | Kind::Setter(_) => self.parenthesized(f, id),
            Kind::Function(callee) => self.function(f, id, callee, id, &[], None),
            Kind::Chain(_) => self.chain(f, id, &[], None),
            _ => Ok(Val::default()),
        }
    }

    /// A constant takes the type of the parameter, where it can.
    fn typed_constant(&self, f: &Frame<'_>, ty: &Ty, id: Id) -> Result<Value> {
        let unit = f.unit;
        let kind = unit.node(id).kind;
        let number = match kind {
            Kind::Number(number, _) => unit.numbers.get(number as usize).copied(),
            _ => None,
        };
        let (value, expected) = match *ty {
            Ty::Any | Ty::Reflect => return self.constant(f, id),
            Ty::Bool => (if let Kind::Bool(b) = kind { Some(Value::Bool(b)) } else { None }, "bool"),
            Ty::Str => {
                let string = if let Kind::String(s, _) = kind { Some(Value::Str(unit.string(s))) } else { None };
                (string, "string")
            }
            Ty::Int => (number.and_then(|n| n.int).map(Value::Int), "integer"),
            Ty::Int64 => (number.and_then(|n| n.int).map(Value::Int64), "integer"),
            Ty::Uint64 => (number.and_then(|n| n.uint).map(Value::Uint64), "unsigned integer"),
            #[allow(clippy::cast_possible_truncation)] // as reflect's SetUint
            Ty::Uint8 => (number.and_then(|n| n.uint).map(|n| Value::Uint8(n as u8)), "unsigned integer"),
            #[allow(clippy::cast_possible_truncation)]
            Ty::Uint32 => (number.and_then(|n| n.uint).map(|n| Value::Uint64(u64::from(n as u32))), "unsigned integer"),
            Ty::Float64 => (number.and_then(|n| n.float).map(Value::Float), "float"),
            _ => {
                let text = self.text_of(f, id);
                return Err(self.fail(f, &format!("can't handle {text} for arg of type {ty}")));
            }
        };
        match value {
            Some(value) => Ok(value),
            None => Err(self.fail(f, &format!("expected {expected}; found {}", self.text_of(f, id)))),
        }
    }

    /// The value as an argument of a type that it has not itself. Go: `validateType`.
    #[inline(never)]
    fn validate(&self, f: &Frame<'_>, value: Val, ty: &Ty) -> Result<Value> {
        let got = match &value.v {
            Value::Nil if !value.iface => {
                return match zero(ty) {
                    Some(zero) => Ok(zero),
                    None => Err(self.fail(f, &format!("invalid value; expected {ty}"))),
                };
            }
            Value::Nil => "interface {}".to_owned(),
            Value::Map(map) => {
                match (*ty, map.map_type()) {
                    (Ty::MapAny, MapType::Any) | (Ty::MapStr, MapType::Str) => return Ok(value.v),
                    // a named type over the same map
                    (Ty::MapAny, MapType::Values) => return Ok(Value::Map(map.as_type(MapType::Any))),
                    _ => {}
                }
                value.v.type_name().to_owned()
            }
            Value::List(list) => match (*ty, list.elem()) {
                (Ty::ListAny, Elem::Any) | (Ty::ListStr, Elem::Str) | (Ty::ListInt, Elem::Int) => return Ok(value.v),
                _ => value.v.type_name().to_owned(),
            },
            Value::Object(object) => {
                if *ty == Ty::Object(object.type_name()) {
                    return Ok(value.v);
                }
                if *ty == Ty::ListStr
                    && let Some(items) = object.items()
                    && items.iter().all(|item| item.as_str().is_some())
                {
                    return Ok(Value::List(List::new(Elem::Str, items)));
                }
                object.type_name().to_owned()
            }
            other => other.type_name().to_owned(),
        };
        let error = self.fail(f, &format!("wrong type for value; expected {ty}; got {got}"));
        Err(match (&value.v, *ty) {
            (Value::Nil, _) => self.with_missing_argument(f, &[f.at], error),
            (Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Float(_), Ty::Str) => {
                error.with_reason(STRING_WANTED)
            }
            _ => error,
        })
    }
}

/// Follows names through plain maps; answers the last value found and how many names led to it. With `plain` unset, the
/// last name stays for the caller: it has arguments.
#[inline]
fn follow(map: &Map, unit: &Unit, names: &[Range], plain: bool, origin: &mut Origin) -> (Option<Val>, usize) {
    let end = if plain { names.len() } else { names.len().saturating_sub(1) };
    let names = names.get(..end).unwrap_or_default();
    match map.follow(names, |name| unit.slice(*name)) {
        Some((entry, iface, used)) => {
            *origin = entry.origin;
            (Some(Val { v: entry.value, iface }), used)
        }
        None => (None, 0),
    }
}

/// Whether a value is of a type as it is, for the types that functions take most.
#[inline]
fn fits(ty: &Ty, value: &Value) -> bool {
    matches!(
        (ty, value),
        (Ty::Any | Ty::Reflect, _)
            | (Ty::Str, Value::Str(_))
            | (Ty::Int, Value::Int(_))
            | (Ty::Bool, Value::Bool(_))
            | (Ty::Int64, Value::Int64(_))
            | (Ty::Uint64, Value::Uint64(_))
            | (Ty::Uint8, Value::Uint8(_))
            | (Ty::Float64, Value::Float(_))
            | (Ty::Bytes, Value::Bytes(_))
    )
}

/// A value as a function gets it: a copy, of which nobody can take the address, unless the function takes a `reflect.Value`.
#[inline]
fn passed(value: Value, ty: &Ty) -> Value {
    match &value {
        Value::Object(object) if !matches!(ty, Ty::Reflect) => object.copied().unwrap_or(value),
        _ => value,
    }
}

/// The nil of a type; none where the type has no nil. Go: `canBeNil`, `reflect.Zero`.
fn zero(ty: &Ty) -> Option<Value> {
    Some(match *ty {
        Ty::Any | Ty::Reflect => Value::Nil,
        Ty::Bytes => Value::Bytes(Str::default()),
        Ty::ListAny => Value::List(List::nil(Elem::Any)),
        Ty::ListStr => Value::List(List::nil(Elem::Str)),
        Ty::ListInt => Value::List(List::nil(Elem::Int)),
        Ty::MapAny => Value::Map(Map::nil(MapType::Any)),
        Ty::MapStr => Value::Map(Map::nil(MapType::Str)),
        Ty::Object(name) if name.starts_with('*') || name == "io.Writer" => Value::Nil,
        _ => return None,
    })
}
