//! Finds the value that the message of `fail` is about. Chart authors write `env of app: ...` or `` `istio.hosts` needs ... ``;
//! the value with that name is the place to fix.

use crate::error::Origin;
use crate::value::{Map, Value};

/// Maximum number of visited entries; the values of a big chart take no time.
const MAX_ENTRIES: usize = 20_000;
/// Maximum depth of the search.
const MAX_DEPTH: usize = 8;

/// The origin of the value that a message names: the value with the most keys among the words of the message. A single key
/// counts only at the start of the message or in quotes, because `name` and `image` are also ordinary words.
pub(super) fn named(message: &str, values: &Map) -> Option<Origin> {
    let words: Vec<&str> = message.split(|c: char| !is_part(c)).map(|w| w.trim_matches('.')).collect();
    let mut search = Search { message, words, best: None, left: MAX_ENTRIES };
    search.look(values, &mut Vec::new(), 0, Origin::NONE);
    search.best.map(|best| best.origin)
}

/// Whether a key is at the start of a message or in quotes.
fn stands_out(message: &str, key: &str) -> bool {
    let ends = |rest: &str| rest.starts_with('.') || !rest.starts_with(is_part);
    let start = message.strip_prefix(key).is_some_and(ends);
    start || ['`', '"', '\''].iter().any(|q| message.contains(&format!("{q}{key}{q}")))
}

/// Whether a character can be part of a key. Dots join keys.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || "._-/".contains(c)
}

struct Search<'m> {
    message: &'m str,
    words: Vec<&'m str>,
    best: Option<Candidate>,
    /// How many entries may still be visited.
    left: usize,
}

/// A value that the message may be about.
struct Candidate {
    /// The number of its keys that are words of the message.
    words: usize,
    depth: usize,
    origin: Origin,
}

impl Search<'_> {
    fn look(&mut self, map: &Map, path: &mut Vec<String>, score: usize, above: Origin) {
        for (key, entry) in map.entries() {
            let Some(left) = self.left.checked_sub(1) else { return };
            self.left = left;
            let Some(key) = key.to_str() else { continue };
            path.push(key.to_owned());
            let dotted = path.join(".");
            let own =
                usize::from(self.words.iter().any(|word| *word == key || *word == dotted || begins(word, &dotted)));
            let origin = if entry.origin.is_some() { entry.origin } else { above };
            let (words, depth) = (score + own, path.len());
            let better = |best: &Candidate| words > best.words || (words == best.words && depth < best.depth);
            let counts = words > 1 || (depth == 1 && stands_out(self.message, &dotted));
            if own > 0 && counts && origin.is_some() && self.best.as_ref().is_none_or(better) {
                self.best = Some(Candidate { words, depth, origin });
            }
            if let Value::Map(inner) = &entry.value
                && depth < MAX_DEPTH
            {
                self.look(inner, path, words, origin);
            }
            path.pop();
        }
    }
}

/// Whether a dotted word starts with a path: `configMaps.app.data` with `configMaps.app`.
fn begins(word: &str, dotted: &str) -> bool {
    word.strip_prefix(dotted).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Run;

    #[test]
    fn a_message_names_the_value_that_it_is_about() {
        let text = "version: x\n\
            env:\n  A: $(B)\n  B: $(A)\n\
            volumeMounts:\n  cache: /a\n  chache: /b\n\
            ports: {http: 80}\n\
            sidecars:\n  log:\n    ports:\n      web: 80\n\
            istio: {hosts: [a]}\n\
            cron: {timeZone: UTC}\n";
        let values = crate::yaml::read_values(text.as_bytes(), &Run::default()).unwrap().to_value(1);
        let Value::Map(values) = values else { panic!("no map") };
        for (message, want) in [
            ("env of app: A refers to itself: A -> B -> A", Some(3)),
            ("volumeMounts of app: there is no volume chache; say it in `volumes`", Some(7)),
            ("ports of app: 80/TCP is there twice", Some(8)),
            // a block begins with its first key
            ("ports of log: 80/TCP is there twice", Some(12)),
            ("`istio` needs a version", Some(13)),
            ("istio.hosts: say a gateway", Some(13)),
            ("cron.schedule: say when", Some(14)),
            ("say the version of it", None),
            ("images are wrong", None),
            ("no good", None),
            ("", None),
        ] {
            assert_eq!(named(message, &values).map(|origin| origin.line), want, "{message}");
        }
    }
}
