//! Serde for nodes: a [`Node`] serializes as its JSON, and can be converted to any type that implements `Deserialize`.

use serde::de::value::{Error, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use go::stack::with_stack;

use crate::{Data, Node};

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(b) => serializer.serialize_bool(*b),
            Data::Int(n) => serializer.serialize_i64(*n),
            Data::Uint(n) => serializer.serialize_u64(*n),
            Data::Float(f) => serializer.serialize_f64(*f),
            Data::Str(s) => serializer.serialize_str(&s.to_string_lossy()),
            Data::List(items) => with_stack(|| {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }),
            Data::Map(entries) => with_stack(|| {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, node)| map.serialize_entry(&key.to_string_lossy(), node))?;
                map.end()
            }),
        }
    }
}

impl Node {
    /// The node as a value of another type, for example a Kubernetes object of `k8s-openapi`.
    ///
    /// ```
    /// # use gotemplate::Budget;
    /// #[derive(serde::Deserialize)]
    /// struct Ports {
    ///     ports: Vec<u16>,
    /// }
    /// let node = goyaml::read(b"ports: [8080, 9090]\nother: x\n", &Budget::default())?;
    /// assert_eq!(node.deserialize::<Ports>().unwrap().ports, [8080, 9090]);
    /// # Ok::<(), gotemplate::Error>(())
    /// ```
    ///
    /// Errors: the type does not fit; the text is serde's.
    pub fn deserialize<'n, T: de::Deserialize<'n>>(&'n self) -> Result<T, Error> {
        T::deserialize(self)
    }
}

impl<'de> IntoDeserializer<'de> for &'de Node {
    type Deserializer = &'de Node;

    fn into_deserializer(self) -> &'de Node {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.data {
            Data::Null => visitor.visit_unit(),
            Data::Bool(b) => visitor.visit_bool(*b),
            Data::Int(n) => visitor.visit_i64(*n),
            Data::Uint(n) => visitor.visit_u64(*n),
            Data::Float(f) => visitor.visit_f64(*f),
            Data::Str(s) => match s.to_str() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => visitor.visit_borrowed_bytes(s),
            },
            Data::List(items) => with_stack(|| {
                let mut items = SeqDeserializer::new(items.iter());
                let value = visitor.visit_seq(&mut items)?;
                items.end()?;
                Ok(value)
            }),
            Data::Map(entries) => with_stack(|| {
                let entries = entries.iter().map(|(key, node)| (key.to_string_lossy(), node));
                let mut entries = MapDeserializer::new(entries);
                let value = visitor.visit_map(&mut entries)?;
                entries.end()?;
                Ok(value)
            }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.data {
            Data::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.data {
            Data::Map(entries) => {
                let entries = entries.iter().map(|(key, node)| (key.to_string_lossy(), node));
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(entries)))
            }
            Data::Str(text) => visitor.visit_enum(text.to_string_lossy().into_deserializer()),
            _ => Err(de::Error::custom("a variant is a string or a map with one key")),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gotemplate::Budget;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    enum Port {
        Number(u16),
        Any,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Spec {
        name: String,
        replicas: Option<i32>,
        labels: BTreeMap<String, String>,
        ports: Vec<Port>,
    }

    #[test]
    fn a_node_becomes_a_type_and_json() {
        let text = b"name: web\nreplicas: ~\nlabels: {b: '1', a: x}\nports: [{number: 80}, any]\n";
        let node = crate::read(text, &Budget::default()).unwrap();
        let spec: Spec = node.deserialize().unwrap();
        assert_eq!(spec.labels["b"], "1");
        assert_eq!((spec.replicas, spec.ports), (None, vec![Port::Number(80), Port::Any]));
        let json = serde_json::to_string(&node).unwrap();
        assert_eq!(json, r#"{"name":"web","replicas":null,"labels":{"b":"1","a":"x"},"ports":[{"number":80},"any"]}"#);
        let error = node.deserialize::<BTreeMap<String, String>>().unwrap_err().to_string();
        assert_eq!(error, "invalid type: unit value, expected a string");
    }
}
