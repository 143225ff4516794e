//! `bake.yaml`, the configuration of a project. Without one, [`Config::default`] applies.
//!
//! ```yaml
//! layout: deploy-values/{product}/{namespace}/{app}   # where the services are
//! files: [values.yaml, "{stack}-values.yaml"]         # a service's own layers, in its folder
//! layers: [defaults/values.yaml, "defaults/{product}-{stack}.yaml?"]   # below them; `?` marks an optional file
//! charts:                                             # in the order in which they are deployed
//!   workload: {version: 0.1.0}                        # built in
//!   service: {path: charts/service, version: ^1.2}    # a folder or .tgz
//! stacks:
//!   dev:
//!   prod: {kubeVersion: "1.33", apiVersions: [monitoring.coreos.com/v1]}
//!   canary: {extends: prod, charts: [workload]}       # all of prod, then its own
//! services:                                           # exceptions, by path or pattern
//!   sample/web/*: {charts: [workload]}
//! pipelines: {use: [deploy]}                          # of Spinnaker; the module `pipelines` reads it
//! ```

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use super::pattern::Pattern;
use super::pipelines::{self, Pipelines};
use super::strict::Strict;
use crate::chart::Capabilities;
use crate::error::{Error, ErrorKind, Result, suggest};
use crate::limits::Limits;
use crate::yaml::Node;
use go::semver::{Constraint, Version};

/// The name of the configuration file of a project.
pub const FILE_NAME: &str = "bake.yaml";
/// The JSON schema of [`FILE_NAME`].
pub const SCHEMA: &str = include_str!("bake.schema.json");
/// The default of `layout`.
const LAYOUT: &str = "deploy-values/{product}/{namespace}/{app}";
/// The charts that come with the library, in the order in which they are deployed.
const BUILTIN: [&str; 2] = ["workload", "service"];

/// The configuration of a project.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The path of a service's folder. Each part is a fixed name or contains one variable.
    pub layout: Vec<Pattern>,
    /// The layers in a service's folder, lowest first.
    pub files: Vec<LayerFile>,
    /// The layers below them, relative to the project's folder, lowest first.
    pub layers: Vec<LayerFile>,
    /// The release name, unless an exception sets another.
    pub name: Pattern,
    /// The namespace of the release.
    pub namespace: Pattern,
    /// The charts by name, in the order in which they are deployed.
    pub charts: IndexMap<String, ChartEntry>,
    /// The stacks; `None`: every stack for which a service has files.
    pub stacks: Option<IndexMap<String, Settings>>,
    /// The capabilities of all clusters.
    pub cluster: Cluster,
    /// Exceptions for the services that match a pattern. Later ones win.
    pub services: IndexMap<String, Settings>,
    /// Which pipelines are made; `None`: none.
    pub pipelines: Option<Pipelines>,
}

/// A values file among the layers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerFile {
    /// Its path.
    pub path: Pattern,
    /// Whether it may be missing.
    pub optional: bool,
}

/// A chart of the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChartEntry {
    /// A folder or archive, relative to the project's folder; `None`: a built-in chart.
    pub path: Option<String>,
    /// The required version, or a range of versions.
    pub version: Option<String>,
    /// The stacks for which it is baked; `None`: all.
    pub stacks: Option<Vec<String>>,
}

/// The capabilities of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The Kubernetes version.
    pub kube_version: Option<String>,
    /// API versions in addition to the default ones.
    pub api_versions: Vec<String>,
}

/// The settings of a stack, or of an exception for services.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// The base stack, whose settings and files are applied first. Only for stacks.
    pub extends: Option<String>,
    /// More layers, above those of the project and below the service's own layers.
    pub layers: Vec<LayerFile>,
    /// The capabilities of the cluster.
    pub cluster: Cluster,
    /// The charts to bake, with changes; `None`: all.
    pub charts: Option<IndexMap<String, ChartEntry>>,
    /// The release name. Only for exceptions.
    pub name: Option<Pattern>,
    /// The namespace of the release.
    pub namespace: Option<Pattern>,
    /// The stacks of the services; `None`: every stack for which they have files. Only for exceptions.
    pub stacks: Option<Vec<String>>,
    /// Leaves the services out. Only for exceptions.
    pub skip: bool,
}

impl Default for Config {
    fn default() -> Self {
        let pattern = |text: &str| Pattern::parse(text).expect("the built-in patterns are valid");
        let own = |text: &str| LayerFile { path: pattern(text), optional: false };
        Config {
            layout: LAYOUT.split('/').map(pattern).collect(),
            files: vec![own("values.yaml"), own("{stack}-values.yaml")],
            layers: Vec::new(),
            name: pattern("{app}"),
            namespace: pattern("{namespace}"),
            charts: BUILTIN.map(|name| (name.to_owned(), ChartEntry::default())).into(),
            stacks: None,
            cluster: Cluster::default(),
            services: IndexMap::new(),
            pipelines: None,
        }
    }
}

impl Config {
    /// Parses a `bake.yaml`; errors call it `file`.
    ///
    /// Errors: the text is not valid YAML, has an unknown key (the hint names the nearest key) or a value of the wrong type.
    pub fn parse(file: &str, text: &str) -> Result<Config> {
        let strict = Strict { file, text };
        let root = strict.read(&Limits::helm())?;
        let mut config = Config::default();
        let Some(map) = strict.map(&root, FILE_NAME, KEYS)? else { return Ok(config) };
        for (key, node) in map {
            match key.to_str().unwrap_or_default() {
                "layout" => config.layout = layout(&strict, node)?,
                "files" => config.files = files(&strict, node, "files")?,
                "layers" => config.layers = files(&strict, node, "layers")?,
                "name" => config.name = pattern(&strict, node, "name")?,
                "namespace" => config.namespace = pattern(&strict, node, "namespace")?,
                "charts" => config.charts = charts(&strict, node, None)?,
                "kubeVersion" => config.cluster.kube_version = Some(kube_version(&strict, node)?),
                "apiVersions" => config.cluster.api_versions = strict.texts(node, "apiVersions")?,
                "pipelines" => config.pipelines = Some(pipelines::read(&strict, node)?),
                // read after the charts and stacks, which they refer to
                _ => {}
            }
        }
        if let Some(node) = root.get("stacks") {
            config.stacks = Some(stacks(&strict, node, &config)?);
        }
        if let Some(node) = root.get("services") {
            config.services = exceptions(&strict, node, &config)?;
        }
        config.check(&strict, &root)?;
        Ok(config)
    }

    /// Checks keys that refer to each other.
    fn check(&self, strict: &Strict<'_>, root: &Node) -> Result<()> {
        if self.files.is_empty() {
            return Err(strict.error(root.get("files").unwrap_or(root).mark, "a service needs at least one file"));
        }
        if self.charts.is_empty() {
            return Err(strict.error(root.get("charts").unwrap_or(root).mark, "a project needs at least one chart"));
        }
        let Some(stacks) = &self.stacks else { return Ok(()) };
        for (name, chart) in &self.charts {
            for stack in chart.stacks.iter().flatten() {
                if !stacks.contains_key(stack) {
                    let what = format!("chart {name:?} is for the stack {stack:?}, which is not among the stacks");
                    return Err(strict.error(root.get("charts").unwrap_or(root).mark, what));
                }
            }
        }
        Ok(())
    }

    /// The base stacks of a stack, the lowest first, then the stack itself; with their settings if they are declared.
    pub(super) fn lineage<'c>(&'c self, stack: &'c str) -> Vec<(&'c str, Option<&'c Settings>)> {
        let settings = |stack: &str| self.stacks.as_ref().and_then(|stacks| stacks.get(stack));
        let below = |(_, known): &(&'c str, Option<&'c Settings>)| {
            let name = known.as_ref()?.extends.as_deref()?;
            Some((name, settings(name)))
        };
        // parsing refused cycles
        let mut lineage: Vec<_> =
            std::iter::successors(Some((stack, settings(stack))), below).take(MAX_LINEAGE + 1).collect();
        lineage.reverse();
        lineage
    }
}

impl ChartEntry {
    /// Checks a chart's version against the required version or range.
    ///
    /// Errors: the version does not match.
    pub(crate) fn check_version(&self, name: &str, version: &str) -> Result<()> {
        let Some(wanted) = &self.version else { return Ok(()) };
        let fits = wanted == version
            || match (Constraint::parse(wanted), Version::parse(version)) {
                (Ok(range), Ok(version)) => range.check(&version),
                _ => false,
            };
        if fits {
            return Ok(());
        }
        let what = match &self.path {
            Some(path) => format!("chart {name} ({path})"),
            None => format!("the built-in chart {name}"),
        };
        let text = format!("{what} has version {version}, but {FILE_NAME} requires {wanted}");
        Err(Error::new(ErrorKind::Chart, text))
    }
}

impl Cluster {
    /// The capabilities in the form for templates.
    ///
    /// Errors: the Kubernetes version is not valid.
    pub fn capabilities(&self) -> Result<Capabilities> {
        let capabilities = Capabilities::default_set().with_api_versions(&self.api_versions);
        match &self.kube_version {
            Some(version) => capabilities.with_kube_version(version),
            None => Ok(capabilities),
        }
    }

    /// This cluster with the settings of `over` on top: its Kubernetes version wins, its API versions are added.
    #[must_use]
    pub fn with(&self, over: &Cluster) -> Cluster {
        let known: HashSet<&String> = self.api_versions.iter().collect();
        let mut api_versions = self.api_versions.clone();
        api_versions.extend(over.api_versions.iter().filter(|v| !known.contains(v)).cloned());
        Cluster { kube_version: over.kube_version.clone().or_else(|| self.kube_version.clone()), api_versions }
    }
}

/// Maximum number of stacks: every service is checked for every stack.
const MAX_STACKS: usize = 5_000;
const KEYS: &[&str] = &[
    "layout",
    "files",
    "layers",
    "name",
    "namespace",
    "charts",
    "stacks",
    "kubeVersion",
    "apiVersions",
    "services",
    "pipelines",
];
const CHART_KEYS: &[&str] = &["path", "version", "stacks"];
const STACK_KEYS: &[&str] = &["extends", "layers", "kubeVersion", "apiVersions", "charts", "namespace"];
const SERVICE_KEYS: &[&str] =
    &["layers", "kubeVersion", "apiVersions", "charts", "name", "namespace", "stacks", "skip"];
/// The variable that does not come from the layout.
pub(super) const STACK: &str = "stack";
/// Maximum length of a chain of `extends`.
const MAX_LINEAGE: usize = 16;

fn pattern(strict: &Strict<'_>, node: &Node, what: &str) -> Result<Pattern> {
    let text = strict.text(node, what)?;
    Pattern::parse(&text).map_err(|why| strict.error(node.mark, format!("{what}: {why}")))
}

fn layout(strict: &Strict<'_>, node: &Node) -> Result<Vec<Pattern>> {
    let text = strict.text(node, "layout")?;
    let wrong = |why: String| strict.error(node.mark, format!("layout: {why}"));
    let mut seen: Vec<String> = Vec::new();
    let mut parts = Vec::new();
    for part in text.trim_end_matches('/').split('/').filter(|part| *part != ".") {
        if part.is_empty() || part == ".." {
            return Err(wrong("it must be a path below the project's folder".to_owned()));
        }
        let part = Pattern::parse(part).map_err(wrong)?;
        let names: Vec<&str> = part.variables().collect();
        if let [_, _, ..] = names.as_slice() {
            return Err(wrong(format!(
                "{:?} has more than one variable; a part of the path can have one",
                part.as_str()
            )));
        }
        for name in names {
            if name == STACK {
                return Err(wrong("{stack} is not allowed: the stacks of a service share its folder".to_owned()));
            }
            if seen.iter().any(|s| s == name) {
                return Err(wrong(format!("it contains {{{name}}} twice")));
            }
            seen.push(name.to_owned());
        }
        parts.push(part);
    }
    if !seen.iter().any(|name| name == "app") {
        return Err(wrong("it must contain {app}".to_owned()));
    }
    Ok(parts)
}

/// Files of layers. The short form is a path; a trailing `?` marks a file that may be missing.
fn files(strict: &Strict<'_>, node: &Node, what: &str) -> Result<Vec<LayerFile>> {
    let items = strict.list(node, what)?.iter().map(|item| {
        let (path, optional) = if item.as_map().is_some() {
            let map = strict.map(item, what, &["file", "optional"])?;
            let get = |key: &str| map.and_then(|m| m.get(key.as_bytes()));
            let Some(file) = get("file") else {
                return Err(strict.error(item.mark, format!("{what}: \"file\" is missing")));
            };
            let optional = get("optional").map(|n| strict.bool(n, "optional")).transpose()?.unwrap_or_default();
            (strict.text(file, "file")?, optional)
        } else {
            let text = strict.text(item, what)?;
            match text.strip_suffix('?') {
                Some(path) => (path.to_owned(), true),
                None => (text, false),
            }
        };
        let path = Pattern::parse(&path).map_err(|why| strict.error(item.mark, format!("{what}: {why}")))?;
        Ok(LayerFile { path, optional })
    });
    items.collect()
}

/// Charts by name, or a list of names. If `known` is given, entries change the known charts.
fn charts(strict: &Strict<'_>, node: &Node, known: Option<&Known<'_>>) -> Result<IndexMap<String, ChartEntry>> {
    let base = |name: &str, key: &Node, path: bool| match known {
        Some(known) => known.get(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = known.charts.keys().map(String::as_str).collect();
            let mark = strict.key_mark(name, key.mark);
            strict.error(mark, format!("there is no chart {name:?}; the charts are: {}", names.join(", ")))
        }),
        None if !path && !is_builtin(name) => {
            let mark = strict.key_mark(name, key.mark);
            let error = strict.error(mark, format!("chart {name:?} is not built in and has no path"));
            Err(error.with_hint(format!(
                "{name}: {{path: FOLDER or FILE.tgz}}; the built-in charts are: {}",
                BUILTIN.join(", ")
            )))
        }
        None => Ok(ChartEntry::default()),
    };
    let mut all = IndexMap::new();
    if let Some(items) = node.as_list() {
        for item in items {
            let name = strict.text(item, "charts")?;
            let entry = base(&name, item, false)?;
            all.insert(name, entry);
        }
        return Ok(all);
    }
    for (key, value) in strict.any_map(node, "charts")?.into_iter().flatten() {
        let name = key.to_string_lossy().into_owned();
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) || name.contains(char::is_control) {
            return Err(
                strict.error(value.mark, format!("{name:?} is not a valid chart name: it is used in file names"))
            );
        }
        if value.as_str().is_some() {
            let mut entry = base(&name, value, true)?;
            entry.path = Some(strict.text(value, "charts")?);
            all.insert(name, entry);
            continue;
        }
        let what = format!("chart {name:?}");
        let map = strict.map(value, &what, CHART_KEYS)?;
        let get = |key: &str| map.and_then(|m| m.get(key.as_bytes()));
        let mut entry = base(&name, value, get("path").is_some())?;
        if let Some(path) = get("path") {
            entry.path = Some(strict.text(path, "path")?);
        }
        if let Some(version) = get("version") {
            let text = strict.text(version, "version")?;
            if Constraint::parse(&text).is_err() {
                return Err(
                    strict.error(version.mark, format!("{text:?} is neither a version nor a range of versions"))
                );
            }
            entry.version = Some(text);
        }
        if let Some(stacks) = get("stacks") {
            entry.stacks = Some(strict.texts(stacks, "stacks")?);
        }
        all.insert(name, entry);
    }
    Ok(all)
}

/// Whether a chart of this name comes with the library.
pub(super) fn is_builtin(name: &str) -> bool {
    BUILTIN.contains(&name)
}

fn stacks(strict: &Strict<'_>, node: &Node, config: &Config) -> Result<IndexMap<String, Settings>> {
    let name = |text: &str, node: &Node| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if text.is_empty() || text == "all" || text.starts_with('.') || !text.chars().all(fits) {
            let why =
                format!("{text:?} is not a valid stack name: use letters, digits, '-', '_' and '.', but not \"all\"");
            return Err(strict.error(node.mark, why));
        }
        Ok(text.to_owned())
    };
    let number = node.as_list().map_or(0, <[Node]>::len) + node.as_map().map_or(0, crate::yaml::NodeMap::len);
    if number > MAX_STACKS {
        return Err(strict.error(node.mark, format!("stacks: there are {number}, which is more than {MAX_STACKS}")));
    }
    if let Some(items) = node.as_list() {
        let named = |item: &Node| Ok((name(&strict.text(item, "stacks")?, item)?, Settings::default()));
        return items.iter().map(named).collect();
    }
    let Some(map) = strict.any_map(node, "stacks")? else { return Ok(IndexMap::new()) };
    let mut nodes: IndexMap<String, (&Node, Option<String>)> = IndexMap::new();
    for (key, value) in map {
        let stack = name(&key.to_string_lossy(), value)?;
        let below = value.get("extends").map(|node| strict.text(node, "extends")).transpose()?;
        nodes.insert(stack, (value, below));
    }
    let mut all: IndexMap<String, Settings> = IndexMap::with_capacity(nodes.len());
    for stack in nodes.keys() {
        // base stacks come first: the charts of a stack change those of its base
        for (name, node, below) in lineage(strict, &nodes, stack)?.into_iter().rev() {
            if !all.contains_key(name) {
                let known = Known { charts: &config.charts, stacks: &all, stack: below };
                let own = settings(strict, node, &format!("stack {name:?}"), STACK_KEYS, &known)?;
                all.insert(name.to_owned(), Settings { extends: below.map(str::to_owned), ..own });
            }
        }
    }
    let place: HashMap<&str, usize> = nodes.keys().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
    all.sort_by_cached_key(|name, _| place.get(name.as_str()).copied());
    Ok(all)
}

/// A stack and its base stacks, in this order.
fn lineage<'n>(
    strict: &Strict<'_>,
    nodes: &'n IndexMap<String, (&'n Node, Option<String>)>,
    stack: &'n str,
) -> Result<Vec<(&'n str, &'n Node, Option<&'n str>)>> {
    let mut lineage: Vec<(&str, &Node, Option<&str>)> = Vec::new();
    let mut next = Some(stack);
    while let Some(name) = next {
        let wrong = |why: String| {
            let place = nodes.get(stack).and_then(|(node, _)| node.get("extends"));
            strict.error(place.map(|node| node.mark).unwrap_or_default(), why)
        };
        let Some((known, (value, below))) = nodes.get_key_value(name) else {
            let error = wrong(format!("stack {stack:?} extends {name:?}, which is not among the stacks"));
            return Err(match suggest::nearest(name, nodes.keys().map(String::as_str)) {
                Some(near) => error.with_hint(format!("did you mean {near:?}?")),
                None => error,
            });
        };
        if lineage.iter().any(|(seen, _, _)| *seen == name) {
            return Err(wrong(format!("stack {stack:?} extends {name:?}, which extends itself")));
        }
        if lineage.len() > MAX_LINEAGE {
            return Err(wrong(format!("stack {stack:?} extends more than {MAX_LINEAGE} others")));
        }
        lineage.push((known, value, below.as_deref()));
        next = below.as_deref();
    }
    Ok(lineage)
}

/// The charts that a stack or an exception may select: those of the project, with the changes of the base stacks.
struct Known<'k> {
    charts: &'k IndexMap<String, ChartEntry>,
    stacks: &'k IndexMap<String, Settings>,
    stack: Option<&'k str>,
}

impl Known<'_> {
    fn get(&self, name: &str) -> Option<&ChartEntry> {
        let changed = below(self.stacks, self.stack).find_map(|settings| settings.charts.as_ref());
        changed.and_then(|charts| charts.get(name)).or_else(|| self.charts.get(name))
    }
}

/// The settings of a stack and its base stacks, the stack first.
fn below<'s>(stacks: &'s IndexMap<String, Settings>, stack: Option<&'s str>) -> impl Iterator<Item = &'s Settings> {
    let first = stack.and_then(|stack| stacks.get(stack));
    std::iter::successors(first, |settings| stacks.get(settings.extends.as_deref()?))
}

fn exceptions(strict: &Strict<'_>, node: &Node, config: &Config) -> Result<IndexMap<String, Settings>> {
    let Some(map) = strict.any_map(node, "services")? else { return Ok(IndexMap::new()) };
    let known = Known { charts: &config.charts, stacks: &IndexMap::new(), stack: None };
    map.iter()
        .map(|(key, value)| {
            let path = key.to_string_lossy().into_owned();
            let what = format!("service {path:?}");
            let settings = settings(strict, value, &what, SERVICE_KEYS, &known)?;
            if let (Some(wanted), Some(stacks)) = (&settings.stacks, &config.stacks)
                && let Some(missing) = wanted.iter().find(|s| !stacks.contains_key(*s))
            {
                let mark = strict.key_mark(&path, value.mark);
                return Err(strict.error(mark, format!("{what} is in {missing:?}, which is not among the stacks")));
            }
            Ok((path, settings))
        })
        .collect()
}

/// `known`: the charts that it may select.
fn settings(strict: &Strict<'_>, node: &Node, what: &str, keys: &[&str], known: &Known<'_>) -> Result<Settings> {
    let mut settings = Settings::default();
    for (key, value) in strict.map(node, what, keys)?.into_iter().flatten() {
        match key.to_str().unwrap_or_default() {
            "layers" => settings.layers = files(strict, value, "layers")?,
            "kubeVersion" => settings.cluster.kube_version = Some(kube_version(strict, value)?),
            "apiVersions" => settings.cluster.api_versions = strict.texts(value, "apiVersions")?,
            "charts" => settings.charts = Some(charts(strict, value, Some(known))?),
            "name" => settings.name = Some(pattern(strict, value, "name")?),
            "namespace" => settings.namespace = Some(pattern(strict, value, "namespace")?),
            "stacks" => settings.stacks = Some(strict.texts(value, "stacks")?),
            "skip" => settings.skip = strict.bool(value, "skip")?,
            _ => {}
        }
    }
    Ok(settings)
}

fn kube_version(strict: &Strict<'_>, node: &Node) -> Result<String> {
    let text = strict.text(node, "kubeVersion")?;
    match crate::chart::KubeVersion::parse(&text) {
        Ok(_) => Ok(text),
        Err(_) => Err(strict.error(node.mark, format!("kubeVersion: {text:?} is not a version"))),
    }
}
