//! Reading YAML as Helm does: `sigs.k8s.io/yaml` on go-yaml v2, then a trip through JSON.
//!
//! `input` decodes bytes, `scanner` (with `scalars` and `properties`) makes tokens, `parser` a tree, `resolve` says what
//! a scalar is, `compose` makes the tree of JSON values. Every message is Go's, with Go's line number; the place beside
//! it is the true one.

mod chars;
mod compose;
mod gosyntax;
mod input;
mod keys;
mod parser;
mod problem;
mod properties;
mod resolve;
mod scalars;
mod scanner;
mod token;
mod tree;

use self::input::Input;
use self::problem::{Pos, Problem, Read};
use self::scanner::Scanner;
use crate::error::Result;
use crate::limits::Limits;
use crate::yaml::{Data, Node, NodeMap};

/// The first document of a text; null where it has none. Go: `yaml.Unmarshal` into an `interface{}`.
///
/// The error has Go's whole text as its message, and the true place. Later documents are not looked at.
pub fn read(text: &[u8], limits: &Limits) -> Result<Node> {
    read_as(text, limits, Ok)
}

/// The first document of a values file: a mapping; null is an empty one. Go: `yaml.Unmarshal` into a
/// `map[string]interface{}`; Helm: `chartutil.ReadValues`.
pub fn read_values(text: &[u8], limits: &Limits) -> Result<Node> {
    read_as(text, limits, |node| match node.data {
        Data::Map(_) => Ok(node),
        Data::Null => Ok(Node { data: Data::Map(NodeMap::default()), mark: node.mark }),
        _ => Err(mismatch(&node, "map[string]interface {}")),
    })
}

/// The first document as a sequence; null is an empty one. Go: `yaml.Unmarshal` into an `[]interface{}`.
pub fn read_array(text: &[u8], limits: &Limits) -> Result<Node> {
    read_as(text, limits, |node| match node.data {
        Data::List(_) => Ok(node),
        Data::Null => Ok(Node { data: Data::List(Vec::new()), mark: node.mark }),
        _ => Err(mismatch(&node, "[]interface {}")),
    })
}

fn read_as(text: &[u8], limits: &Limits, convert: impl FnOnce(Node) -> Read<Node>) -> Result<Node> {
    let input = Input::new(text);
    let node = match parser::parse(Scanner::new(&input, limits.yaml_depth)) {
        Ok(Some(tree)) => compose::compose(&tree, limits),
        Ok(None) => Ok(Node::default()),
        Err(problem) => Err(problem),
    };
    node.and_then(convert).map_err(|problem| problem.into_error(&input))
}

/// Go: `json.UnmarshalTypeError`.
fn mismatch(node: &Node, wanted: &str) -> Problem {
    let kind = match node.data {
        Data::Null => "null",
        Data::Bool(_) => "bool",
        Data::Int(_) | Data::Uint(_) | Data::Float(_) => "number",
        Data::Str(_) => "string",
        Data::List(_) => "array",
        Data::Map(_) => "object",
    };
    let message = format!(
        "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {kind} into Go value of type {wanted}"
    );
    let place = Pos { line: node.mark.line.saturating_sub(1), column: node.mark.column.saturating_sub(1) };
    Problem::plain(message, Some(place))
}
