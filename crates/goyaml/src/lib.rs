#![doc = include_str!("../README.md")]

mod emit;
mod field;
mod json;
mod node;
mod order;
mod pretty;
mod read;
mod read_json;
mod scalar;
mod serde;
mod toml_read;
mod toml_time;
mod toml_tree;
mod toml_write;
mod walk;
mod write;

pub use field::{field_name, field_text, fields};
pub use json::{append_json_float, append_json_string, to_json, to_json_indent};
pub use node::{Data, Mark, Node, NodeMap};
pub use pretty::to_yaml_pretty;
pub use read::{Finite, read_entries, read_for_struct};
pub use read::{
    Form, Key, Scalar, Written, WrittenText, read, read_array, read_values, read_written, read_written_text,
};
pub use read_json::{read_json, read_json_leniently};
pub use toml_read::toml_to_value;
pub use toml_time::Time as TomlTime;
pub use toml_write::to_toml;
pub use write::to_yaml;
