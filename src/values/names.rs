//! The names of layers, which origins refer to by number.

use crate::error::Origin;

/// The names of numbered layers, from 1: those of the user, then the defaults of each chart.
#[derive(Clone, Debug, Default)]
pub struct LayerNames {
    names: Vec<String>,
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
