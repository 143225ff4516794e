//! `.Files`. Helm: `pkg/engine/files.go`.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use data_encoding::BASE64;

use crate::chart::{Chart, File};
use crate::error::Result;
use crate::limits::Budget;
use crate::value::{Kind, Map, MapType, Method, Object, Str, Ty, Value, name_to_text, text_to_name};
use go::glob::Glob;

/// `engine.files`: a map from names to bytes. It contains indexes into the chart's files, not copies.
pub(super) struct Files {
    chart: Arc<Chart>,
    /// Indexes in byte order of the names. Of files with the same name, the last one counts.
    places: Vec<usize>,
}

impl Files {
    pub(super) fn new(chart: &Arc<Chart>) -> Self {
        let name = |place: &usize| chart.files.get(*place).map(|f| f.name.as_str());
        let mut places: Vec<usize> = (0..chart.files.len()).rev().collect();
        places.sort_by(|a, b| name(a).cmp(&name(b)));
        places.dedup_by(|later, kept| name(later) == name(kept));
        Files { chart: Arc::clone(chart), places }
    }

    fn files(&self) -> impl DoubleEndedIterator<Item = &File> {
        self.places.iter().filter_map(|place| self.chart.files.get(*place))
    }

    fn get(&self, name: &[u8]) -> Str {
        let at = |place: &usize| self.chart.files.get(*place);
        let name = name_to_text(name);
        let found = self.places.binary_search_by(|place| at(place).map_or("", |f| &f.name).cmp(&name));
        found.ok().and_then(|i| self.places.get(i)).and_then(at).map(|f| f.data.clone()).unwrap_or_default()
    }

    fn glob(&self, pattern: &[u8]) -> Result<Files> {
        let glob = Glob::parse(pattern)?;
        let matches = |place: &usize| self.chart.files.get(*place).is_some_and(|f| glob.matches(&f.name));
        let places = self.places.iter().copied().filter(matches).collect();
        Ok(Files { chart: Arc::clone(&self.chart), places })
    }

    /// A YAML mapping by the last elements of the names. If several files share one, the last in byte order counts.
    fn as_yaml(&self, content: impl Fn(&Str) -> Str) -> Value {
        let map = Map::with_type(MapType::Str);
        for file in self.files() {
            let base = file.name.rsplit('/').next().unwrap_or(&file.name);
            map.insert(&*text_to_name(base), Value::Str(content(&file.data)));
        }
        let text = crate::yaml::to_yaml(&Value::Map(map), &Budget::default()).unwrap_or_default();
        Value::Str(text.strip_suffix(b"\n").unwrap_or(&text).into())
    }

    fn lines(&self, name: &[u8]) -> Value {
        let data = self.get(name);
        if data.is_empty() {
            return Value::strings::<Str>([]);
        }
        let text = data.strip_suffix(b"\n").unwrap_or(&data);
        Value::strings(text.split(|b| *b == b'\n'))
    }
}

impl Object for Files {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn is_true(&self) -> bool {
        !self.places.is_empty()
    }

    /// The content of a file; a missing file is empty.
    fn field(&self, name: &str) -> Option<Value> {
        Some(Value::Bytes(self.get(name.as_bytes())))
    }

    fn method(&self, name: &str) -> Option<Method> {
        let (params, ret): (&[Ty], Ty) = match name {
            "Get" => (&[Ty::Str], Ty::Str),
            "GetBytes" => (&[Ty::Str], Ty::Bytes),
            "Glob" => (&[Ty::Str], Ty::Object("engine.files")),
            "AsConfig" | "AsSecrets" => (&[], Ty::Str),
            "Lines" => (&[Ty::Str], Ty::ListStr),
            _ => return None,
        };
        Some(Method::new(params, ret))
    }

    fn call(&self, name: &str, args: &[Value]) -> Result<Value> {
        let argument = args.first().and_then(Value::as_str).map_or(&[][..], Str::as_bytes);
        Ok(match name {
            "Get" => Value::Str(self.get(argument)),
            "GetBytes" => Value::Bytes(self.get(argument)),
            "Glob" => Value::Object(Rc::new(self.glob(argument)?)),
            "AsConfig" => self.as_yaml(Str::clone),
            "AsSecrets" => self.as_yaml(|data| BASE64.encode(data).into()),
            _ => self.lines(argument),
        })
    }

    fn cost(&self, name: &str, args: &[Value]) -> u64 {
        let argument = args.first().and_then(Value::as_str).map_or(&[][..], Str::as_bytes);
        let bytes = match name {
            "Get" | "GetBytes" => 0,
            // matching a name takes about as long as copying it a few times
            "Glob" => self.files().map(|f| 64 + 16 * f.name.len()).sum(),
            "AsConfig" | "AsSecrets" => self.files().map(|f| 1024 + f.name.len() + 4 * f.data.len()).sum(),
            // each line is a separate string
            _ => {
                let text = self.get(argument);
                text.len() + 64 * memchr::memchr_iter(b'\n', &text).count()
            }
        };
        bytes as u64
    }

    fn size(&self) -> usize {
        self.places.len()
    }

    fn entries(&self) -> Option<Vec<(Str, Value)>> {
        Some(self.files().map(|f| (Str::from(&*text_to_name(&f.name)), Value::Bytes(f.data.clone()))).collect())
    }
}
