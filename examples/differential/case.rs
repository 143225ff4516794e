//! A chart and a command line: what both programs are given, and what ours answers.

use std::fs;
use std::io;
use std::path::Path;

use bake::chart::{Capabilities, File};
use bake::host::FixedHost;
use bake::manifest::{WriteOptions, show_only};
use bake::value::Str;
use bake::{Bake, Chart, Error, Layer, Layers, Limits, ValuesFile};
use serde::Serialize;

/// Names and texts.
pub(crate) type Texts = Vec<(String, String)>;

/// A call of `helm template`, in the form that the reference program reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Case {
    pub(crate) files: Texts,
    pub(crate) values: Texts,
    #[serde(rename = "SetJSON")]
    pub(crate) set_json: Vec<String>,
    pub(crate) set: Vec<String>,
    pub(crate) set_string: Vec<String>,
    pub(crate) set_literal: Vec<String>,
    pub(crate) show_only: Vec<String>,
    #[serde(rename = "APIVersions")]
    pub(crate) api_versions: Vec<String>,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) kube_version: String,
    #[serde(rename = "IncludeCRDs")]
    pub(crate) include_crds: bool,
    pub(crate) no_hooks: bool,
    pub(crate) skip_tests: bool,
    pub(crate) is_upgrade: bool,
    pub(crate) skip_schema: bool,
}

/// What a program printed; the error is empty where it succeeded.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    pub(crate) stdout: Vec<u8>,
    pub(crate) error: String,
}

impl Answer {
    pub(crate) fn failed(&self) -> bool {
        !self.error.is_empty()
    }

    /// The first line of the error, as the command prints it.
    pub(crate) fn first_line(&self) -> &str {
        self.error.lines().next().unwrap_or_default()
    }
}

impl Case {
    /// Our answer.
    pub(crate) fn bake(&self) -> Answer {
        match self.render() {
            Ok(stdout) => Answer { stdout, error: String::new() },
            Err(error) => Answer { stdout: Vec::new(), error: error.to_string() },
        }
    }

    fn render(&self) -> Result<Vec<u8>, Error> {
        let files = self.files.iter().map(|(name, text)| File { name: name.clone(), data: Str::from(text.as_str()) });
        let chart = match Chart::from_files(files.collect(), &Limits::helm()) {
            Ok(chart) => chart,
            Err(error) => {
                // the values are read before the chart
                self.capabilities()?;
                self.layers().merge(&Limits::helm())?;
                return Err(error);
            }
        };
        let manifest = self.bake_of(&chart)?.render()?;
        let options =
            WriteOptions { include_crds: self.include_crds, no_hooks: self.no_hooks, skip_tests: self.skip_tests };
        let out = manifest.to_vec(&options);
        if self.show_only.is_empty() { Ok(out) } else { show_only(&out, &self.show_only) }
    }

    fn bake_of<'c>(&self, chart: &'c Chart) -> Result<Bake<'c>, Error> {
        let host = FixedHost::new((1_700_000_000, 0), 1);
        let mut bake = Bake::new(chart)
            .release(&self.name)
            .namespace(&self.namespace)
            .host(std::sync::Arc::new(host))
            .capabilities(self.capabilities()?)
            .layers(&self.layers());
        if self.is_upgrade {
            bake = bake.upgrade();
        }
        Ok(if self.skip_schema { bake.skip_schema_validation() } else { bake })
    }

    fn capabilities(&self) -> Result<Capabilities, Error> {
        let capabilities = Capabilities::default_set().with_api_versions(&self.api_versions);
        if self.kube_version.is_empty() { Ok(capabilities) } else { capabilities.with_kube_version(&self.kube_version) }
    }

    fn layers(&self) -> Layers {
        let mut layers = Layers::new();
        let file = |(name, text): &(String, String)| Layer::File(ValuesFile::new(name, text.as_bytes()));
        layers.extend(self.values.iter().map(file));
        layers.extend(self.set_json.iter().cloned().map(Layer::SetJson));
        layers.extend(self.set.iter().cloned().map(Layer::Set));
        layers.extend(self.set_string.iter().cloned().map(Layer::SetString));
        layers.extend(self.set_literal.iter().cloned().map(Layer::SetLiteral));
        layers
    }

    /// Writes the case as a folder that `helm template` can be called in: `chart/`, the values files, and `args` with
    /// an argument a line.
    pub(crate) fn write_to(&self, folder: &Path) -> io::Result<Vec<String>> {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        for (name, text) in &self.files {
            let path = folder.join("chart").join(name);
            fs::create_dir_all(path.parent().unwrap())?;
            fs::write(path, text)?;
        }
        let mut args = vec![self.name.clone(), "chart".to_owned(), "--namespace".to_owned(), self.namespace.clone()];
        for (name, text) in &self.values {
            fs::write(folder.join(name), text)?;
            args.extend(["--values".to_owned(), name.clone()]);
        }
        let lists = [
            ("--set-json", &self.set_json),
            ("--set", &self.set),
            ("--set-string", &self.set_string),
            ("--set-literal", &self.set_literal),
            ("--show-only", &self.show_only),
            ("--api-versions", &self.api_versions),
        ];
        for (flag, texts) in lists {
            texts.iter().for_each(|text| args.extend([flag.to_owned(), text.clone()]));
        }
        if !self.kube_version.is_empty() {
            args.extend(["--kube-version".to_owned(), self.kube_version.clone()]);
        }
        let switches = [
            ("--include-crds", self.include_crds),
            ("--no-hooks", self.no_hooks),
            ("--skip-tests", self.skip_tests),
            ("--is-upgrade", self.is_upgrade),
            ("--skip-schema-validation", self.skip_schema),
        ];
        args.extend(switches.into_iter().filter(|s| s.1).map(|s| s.0.to_owned()));
        fs::write(folder.join("args"), args.join("\n") + "\n")?;
        Ok(args)
    }
}
