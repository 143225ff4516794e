//! The names and the texts of layers, which origins refer to by number.

use std::fmt;
use std::sync::Arc;

use crate::error::Origin;
use crate::value::Str;

/// The names of numbered layers, from 1: those of the user, then the defaults of each chart.
#[derive(Clone, Debug, Default)]
pub struct LayerNames {
    names: Vec<String>,
    /// The texts of some of them, by the same numbers.
    texts: Vec<Option<LayerText>>,
}

/// The text of a values file, shared with whoever read it.
#[derive(Clone)]
pub(crate) enum LayerText {
    /// A file of the user.
    File(Arc<[u8]>),
    /// A chart's own values.yaml.
    Chart(Str),
}

impl LayerText {
    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            LayerText::File(text) => text,
            LayerText::Chart(text) => text,
        }
    }
}

impl fmt::Debug for LayerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // values may be secret, and are long
        write!(f, "{} bytes", self.as_bytes().len())
    }
}

impl LayerNames {
    /// No layers.
    pub fn new() -> Self {
        LayerNames::default()
    }

    /// Adds a layer and returns its number. After 65534 layers, all others share one number without a name.
    pub fn add(&mut self, name: impl Into<String>) -> u16 {
        match u16::try_from(self.names.len() + 1) {
            Ok(number) if number < u16::MAX => {
                self.names.push(name.into());
                number
            }
            _ => u16::MAX,
        }
    }

    /// Adds a layer with its text, which advice quotes. Otherwise as [`LayerNames::add`].
    pub(crate) fn add_text(&mut self, name: impl Into<String>, text: LayerText) -> u16 {
        let number = self.add(name);
        if number != u16::MAX {
            self.texts.resize(usize::from(number), None);
            if let Some(slot) = self.texts.last_mut() {
                *slot = Some(text);
            }
        }
        number
    }

    /// The text of a layer, if it has one: a flag has none.
    pub(crate) fn text(&self, layer: u16) -> Option<&LayerText> {
        self.texts.get(usize::from(layer).checked_sub(1)?)?.as_ref()
    }

    /// The name of a layer.
    pub fn name(&self, layer: u16) -> Option<&str> {
        self.names.get(usize::from(layer).checked_sub(1)?).map(String::as_str)
    }

    /// An origin in readable form: `prod-values.yaml:12`, `--set version=1.2.3`, `the defaults of chart workload:33`.
    pub fn describe(&self, origin: Origin) -> Option<String> {
        let name = self.name(origin.layer)?;
        Some(if origin.line == 0 { name.to_owned() } else { format!("{name}:{}", origin.line) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_run_out() {
        let mut names = LayerNames::new();
        for i in 0..70_000 {
            names.add(format!("{i}"));
        }
        assert_eq!(names.name(65_534), Some("65533"));
        assert_eq!(names.name(u16::MAX), None);
    }
}
