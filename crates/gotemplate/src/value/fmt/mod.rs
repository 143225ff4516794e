//! Go's `fmt` over [`Value`]: `print`, `println`, `printf` and what a template action prints.

mod format;
mod printer;
mod verbs;

use go::strconv::{append_float, append_int};

use super::{Kind, Value};
use crate::error::Result;
use crate::limits::Budget;
use printer::Printer;

/// The default formats of all operands, with a space between two when neither is a string. Go: `fmt.Sprint`.
/// Errors when a limit is reached: a map may contain itself.
pub fn sprint(args: &[Value], budget: &Budget) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, budget);
    let mut after_string = true;
    for arg in args {
        let is_string = arg.kind() == Kind::String;
        if !is_string && !after_string {
            printer.byte(b' ');
        }
        printer.arg(arg, 'v')?;
        after_string = is_string;
    }
    charged(out, budget)
}

/// The default formats of all operands with spaces between them, and a newline. Go: `fmt.Sprintln`.
pub fn sprintln(args: &[Value], budget: &Budget) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, budget);
    for (i, arg) in args.iter().enumerate() {
        if i > 0 {
            printer.byte(b' ');
        }
        printer.arg(arg, 'v')?;
    }
    out.push(b'\n');
    charged(out, budget)
}

/// The operands as `format` says, with Go's marks for mistakes (`%!d(string=x)`). Go: `fmt.Sprintf`.
pub fn sprintf(format: &[u8], args: &[Value], budget: &Budget) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(format.len() + 16 * args.len());
    Printer::new(&mut out, budget).format(format, args)?;
    charged(out, budget)
}

/// Appends what a template action prints for a value: its default format, through a pointer where it is one, and
/// `<no value>` for nil. Go: `text/template` `printValue`.
#[inline]
pub fn append_value(out: &mut Vec<u8>, value: &Value, budget: &Budget) -> Result<()> {
    match value {
        Value::Str(s) => out.extend_from_slice(s),
        Value::Nil => out.extend_from_slice(b"<no value>"),
        Value::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Value::Int(n) | Value::Int64(n) => append_int(out, *n),
        Value::Float(f) => append_float(out, *f, b'g', -1),
        _ => return Printer::new(out, budget).action(value),
    }
    Ok(())
}

/// What `html`, `js` and `urlquery` take for a value that is no string: as [`append_value`], but a copy has not the methods of a
/// pointer. Go: `text/template` `evalArgs`.
pub fn argument_text(value: &Value, budget: &Budget) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    Printer::new(&mut out, budget).behind_pointer(value)?;
    charged(out, budget)
}

fn charged(out: Vec<u8>, budget: &Budget) -> Result<Vec<u8>> {
    budget.charge(out.len() as u64)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Elem, List, Map};

    fn printed(format: &str, args: &[Value]) -> String {
        String::from_utf8(sprintf(format.as_bytes(), args, &Budget::default()).unwrap()).unwrap()
    }

    fn nested() -> Value {
        Value::map([("b", Value::Int(1)), ("a", Value::list(vec![Value::from("x"), Value::Nil])), ("n", Value::Nil)])
    }

    #[test]
    fn printf_prints_what_go_prints() {
        let int = Value::Int;
        let float = Value::Float;
        let s = |s: &str| Value::from(s);
        let rows: &[(&str, Vec<Value>, &str)] = &[
            ("%d %s %v", vec![int(1), s("a"), Value::Bool(true)], "1 a true"),
            ("%5d|%-5d|%05d|%+d|%x|%X|%#x", vec![int(42); 7], "   42|42   |00042|+42|2a|2A|0x2a"),
            ("%o %O %#o %b %c %q %U %#U", vec![int(65); 8], "101 0o101 0101 1000001 A 'A' U+0041 U+0041 'A'"),
            ("%.3d|%8.3d|%.0d", vec![int(7), int(7), int(0)], "007|     007|"),
            (
                "%v %g %e %f %.2f %8.2f",
                vec![float(1_234_567.0); 6],
                "1.234567e+06 1.234567e+06 1.234567e+06 1234567.000000 1234567.00 1234567.00",
            ),
            ("%x %b %G %#v %+.1e", vec![float(1.5); 5], "0x1.8p+00 6755399441055744p-52 1.5 1.5 +1.5e+00"),
            ("%06.1f|%-8.1f|% .1f", vec![float(-2.25), float(2.35), float(2.0)], "-002.2|2.4     | 2.0"),
            ("%v %v %v", vec![float(f64::INFINITY), float(f64::NEG_INFINITY), float(f64::NAN)], "+Inf -Inf NaN"),
            (
                "%q %#q %+q %x % X %.2s|%5s|%-5s|%05s",
                vec![s("é\"x"), s("ab"), s("é"), s("hi"), s("hi"), s("héllo"), s("é"), s("é"), s("ab")],
                "\"é\\\"x\" `ab` \"\\u00e9\" 6869 68 69 hé|    é|é    |000ab",
            ),
            ("%d %z %t", vec![s("x"), int(1), int(1)], "%!d(string=x) %!z(int=1) %!t(int=1)"),
            ("%d", vec![], "%!d(MISSING)"),
            ("%d", vec![int(1), s("x"), Value::Nil], "1%!(EXTRA string=x, <nil>)"),
            ("%d %v %T", vec![Value::Nil; 3], "%!d(<nil>) <nil> <nil>"),
            ("%[2]d %[1]d", vec![int(1), int(2)], "2 1"),
            ("%[3]d %d", vec![int(1), int(2)], "%!d(BADINDEX) 1"),
            ("%*d|%-*d|%.*f", vec![int(5), int(1), int(4), int(2), int(1), float(2.25)], "    1|2   |2.2"),
            ("%*d", vec![s("x"), int(1)], "%!(BADWIDTH)1"),
            ("%", vec![], "%!(NOVERB)"),
            ("100%%", vec![], "100%"),
            ("%v", vec![nested()], "map[a:[x <nil>] b:1 n:<nil>]"),
            ("%+v", vec![nested()], "map[a:[x <nil>] b:1 n:<nil>]"),
            (
                "%#v",
                vec![nested()],
                "map[string]interface {}{\"a\":[]interface {}{\"x\", interface {}(nil)}, \"b\":1, \"n\":interface {}(nil)}",
            ),
            ("%s %d", vec![Value::list(vec![int(1), s("a")]); 2], "[%!s(int=1) a] [1 %!d(string=a)]"),
            (
                "%T %T %T %T",
                vec![nested(), Value::strings(["a"]), float(1.0), Value::Bytes("a".into())],
                "map[string]interface {} []string float64 []uint8",
            ),
            ("%v %s %x %c %#v", vec![Value::Bytes("ab".into()); 5], "[97 98] ab 6162 [a b] []byte{0x61, 0x62}"),
            ("%v %#v", vec![Value::List(List::nil(Elem::Str)); 2], "[] []string(nil)"),
        ];
        for (format, args, expected) in rows {
            assert_eq!(printed(format, args), *expected, "{format}");
        }
    }

    #[test]
    fn print_puts_spaces_between_operands_that_are_no_strings() {
        let args = [Value::Int(1), Value::Int(2), Value::from("a"), Value::Bool(true), Value::Nil, Value::from("b")];
        assert_eq!(sprint(&args, &Budget::default()).unwrap(), b"1 2atrue <nil>b");
        assert_eq!(sprintln(&args, &Budget::default()).unwrap(), b"1 2 a true <nil> b\n");
    }

    #[test]
    fn an_action_prints_floats_in_the_shortest_form() {
        for (f, expected) in [(1e6, "1e+06"), (-0.0, "-0"), (100_000.0, "100000")] {
            let mut out = Vec::new();
            append_value(&mut out, &Value::Float(f), &Budget::default()).unwrap();
            assert_eq!(out, expected.as_bytes());
        }
    }

    #[test]
    fn a_map_that_contains_itself_reaches_a_limit() {
        let map = Map::new();
        map.insert("self", Value::Map(map.clone()));
        let error = sprint(&[Value::Map(map.clone())], &Budget::default()).unwrap_err();
        assert_eq!(error.limit(), Some("value-depth"));
        map.remove(b"self");
    }

    #[test]
    fn text_that_grows_without_bound_reaches_a_limit() {
        let mut value = Value::from("x");
        for _ in 0..64 {
            value = Value::list(vec![value.clone(), value]);
        }
        let mut limits = crate::limits::Limits::server();
        limits.value_bytes = 1 << 16;
        assert!(sprint(&[value], &Budget::new(limits.clone())).is_err());
        assert!(sprintf(b"%1000000d", &[Value::Int(1)], &Budget::new(limits)).is_err());
    }
}
