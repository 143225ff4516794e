//! Selects the charts of a tree that take part in a bake, and imports their values. Helm: `pkg/chartutil/dependencies.go`,
//! `CheckDependencies` in `pkg/action/install.go`.
//!
//! A loaded chart is shared by all bakes and never changed. What Helm changes in place (aliases, removed charts, imported
//! values) is kept in a small tree that each bake creates.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Chart, Dependency, Metadata, is_compatible_range};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::{Budget, cancelled};
use crate::run::{Run, WarningKind};
use crate::value::fmt::sprintf;
use crate::value::{Map, Str, Value};
use crate::values::coalesce::{Defaults, coalesce_values, merge_tables, merge_values};
use crate::values::merge::{deep_copy, deep_copy_within};
use crate::values::path::{path_value, table};
use crate::values::{LayerNames, LayerText};
use crate::yaml::{Data, Node, NodeMap};
use go::stack::with_stack;

/// A chart that takes part in a bake.
#[derive(Clone, Debug)]
pub(crate) struct Enabled {
    /// The chart as loaded.
    pub chart: Arc<Chart>,
    /// Its name in the tree: the alias, if it has one.
    pub name: String,
    /// Its path in the tree (`parent/charts/sub`), with which template names start. If two charts have the same path (below a
    /// chart with two aliases), the templates of the last one count.
    pub path: String,
    /// Whether this is the chart that is baked.
    pub is_root: bool,
    /// Chart.yaml, if it differs from the loaded one (alias, dependencies).
    pub changed_metadata: Option<Box<Metadata>>,
    /// Its defaults, if dependencies changed them.
    pub values: Option<Map>,
    /// The layer number of its values.yaml.
    pub layer: u16,
    /// The charts below it.
    pub dependencies: Vec<Enabled>,
}

impl Enabled {
    /// Chart.yaml as templates see it.
    pub(crate) fn metadata(&self) -> &Metadata {
        self.changed_metadata.as_deref().unwrap_or(&self.chart.metadata)
    }
}

impl Enabled {
    /// Its values.yaml, which dependencies do not change: with its nulls.
    pub(crate) fn own_values(&self) -> Map {
        fresh(None, &self.chart, self.layer)
    }

    /// The number of levels of charts below it.
    pub(crate) fn levels(&self) -> usize {
        self.dependencies.iter().map(|chart| 1 + with_stack(|| chart.levels())).max().unwrap_or_default()
    }
}

/// The values of the charts so many levels below a chart, with those of the charts below them, as part of the chart's values.
pub(crate) fn values_of_level(chart: &Enabled, level: usize, run: &Run) -> Result<Map> {
    match level.checked_sub(1) {
        None => coalesce_values(&chart, &Map::new(), run),
        Some(level) => chart
            .dependencies
            .iter()
            .map(|below| Ok((Str::from(&*below.name), Value::Map(with_stack(|| values_of_level(below, level, run))?))))
            .collect(),
    }
}

/// The values.yaml of each chart so many levels below a chart, with its nulls, as part of the chart's values.
pub(crate) fn own_values_of_level(chart: &Enabled, level: usize) -> Map {
    match level.checked_sub(1) {
        None => chart.own_values(),
        Some(level) => {
            let below = chart.dependencies.iter();
            below.map(|chart| (Str::from(&*chart.name), Value::Map(own_values_of_level(chart, level)))).collect()
        }
    }
}

impl Defaults for &Enabled {
    fn name(&self) -> &str {
        &self.name
    }

    fn fresh_values(&self) -> Map {
        fresh(self.values.as_ref(), &self.chart, self.layer)
    }

    fn dependencies(&self) -> impl Iterator<Item = Self> {
        self.dependencies.iter()
    }
}

/// Errors: a declared dependency is missing below `charts/`.
pub(crate) fn check_dependencies(chart: &Chart, run: &Run) -> Result<()> {
    let present = |name: &str| chart.dependencies.iter().any(|c| !run.tick(1) || c.name() == name);
    let declared = chart.metadata.dependencies.iter().flatten();
    let missing: Vec<_> = declared.map(|d| d.name.as_str()).filter(|name| !present(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Dependency,
        format!(
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to \
             fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: {}",
            missing.join(", ")
        ),
    ))
}

/// The tree of charts that the user's values enable, with imported values. `names` gets a number for each values.yaml.
///
/// Errors: values do not fit a subchart. Helm: `ProcessDependenciesWithMerge`.
pub(crate) fn process_dependencies(
    chart: &Arc<Chart>,
    user: &Map,
    names: &mut LayerNames,
    run: &Run,
) -> Result<Enabled> {
    // an empty list becomes nil
    let declares = chart.metadata.dependencies.is_some();
    if chart.dependencies.is_empty() && !declares {
        return Ok(Enabled {
            chart: Arc::clone(chart),
            name: chart.name().to_owned(),
            path: chart.name().to_owned(),
            is_root: true,
            changed_metadata: None,
            values: None,
            layer: add_layer(names, chart, chart.name()),
            dependencies: Vec::new(),
        });
    }
    let mut tree = Tree { parts: Vec::new(), run };
    let root = tree.add(chart, None, chart.name(), names);
    tree.enable(root, user, "")?;
    tree.import(root)?;
    Ok(tree.finish(root))
}

/// The charts of one bake by number. A chart below two aliases is one part with two parents, as in Helm.
struct Tree<'w> {
    parts: Vec<ChartNode>,
    run: &'w Run,
}

#[derive(Clone)]
struct ChartNode {
    chart: Arc<Chart>,
    name: String,
    parent: Option<usize>,
    children: Vec<usize>,
    /// The declared dependencies; copies of a chart under several aliases share them.
    declared: Option<Vec<Rc<Declared>>>,
    values: Option<Map>,
    layer: u16,
}

/// A declared dependency, and whether its imports have been made.
struct Declared {
    data: RefCell<Dependency>,
    imported: Cell<bool>,
}

impl Declared {
    fn new(dependency: Dependency) -> Self {
        Declared { data: RefCell::new(dependency), imported: Cell::new(false) }
    }
}

#[derive(Clone, Copy)]
struct Handle<'a> {
    parts: &'a [ChartNode],
    part: &'a ChartNode,
}

impl Defaults for Handle<'_> {
    fn name(&self) -> &str {
        &self.part.name
    }

    fn fresh_values(&self) -> Map {
        fresh(self.part.values.as_ref(), &self.part.chart, self.part.layer)
    }

    fn dependencies(&self) -> impl Iterator<Item = Self> {
        let parts = self.parts;
        self.part.children.iter().filter_map(move |id| parts.get(*id)).map(move |part| Handle { parts, part })
    }
}

fn fresh(changed: Option<&Map>, chart: &Chart, layer: u16) -> Map {
    match changed {
        Some(values) => deep_copy(values),
        None => match chart.values.to_value(layer) {
            Value::Map(map) => map,
            _ => Map::new(),
        },
    }
}

/// The name of the layer with a chart's own values, before the path of the chart.
pub(crate) const DEFAULTS: &str = "the defaults of chart";

/// Adds the layer of a chart's own values.
fn add_layer(names: &mut LayerNames, chart: &Chart, path: &str) -> u16 {
    names.add_text(format!("{DEFAULTS} {path}"), LayerText::Chart(chart.values_text.clone()))
}

fn handle(parts: &[ChartNode], id: usize) -> Result<Handle<'_>> {
    let part = parts.get(id).ok_or_else(|| Error::new(ErrorKind::Dependency, "no such chart"))?;
    Ok(Handle { parts, part })
}

impl Tree<'_> {
    /// Adds a loaded chart with everything below it, and returns its number.
    fn add(&mut self, chart: &Arc<Chart>, parent: Option<usize>, path: &str, names: &mut LayerNames) -> usize {
        let id = self.parts.len();
        let declared = chart.metadata.dependencies.as_ref();
        self.parts.push(ChartNode {
            chart: Arc::clone(chart),
            name: chart.name().to_owned(),
            parent,
            children: Vec::new(),
            declared: declared.map(|list| list.iter().map(|d| Rc::new(Declared::new(d.clone()))).collect()),
            values: None,
            layer: add_layer(names, chart, path),
        });
        let mut children = Vec::with_capacity(chart.dependencies.len());
        for sub in &chart.dependencies {
            let path = format!("{path}/charts/{}", sub.name());
            children.push(with_stack(|| self.add(sub, Some(id), &path, names)));
        }
        if let Some(part) = self.parts.get_mut(id) {
            part.children = children;
        }
        id
    }

    fn set_children(&mut self, id: usize, children: Vec<usize>) {
        for child in &children {
            if let Some(part) = self.parts.get_mut(*child) {
                part.parent = Some(id);
            }
        }
        if let Some(part) = self.parts.get_mut(id) {
            part.children = children;
        }
    }

    /// Removes charts that are not enabled. Helm: `processDependencyEnabled`.
    fn enable(&mut self, id: usize, values: &Map, path: &str) -> Result<()> {
        if !self.run.tick(64) {
            return Err(cancelled());
        }
        let part = handle(&self.parts, id)?.part;
        let Some(declared) = part.declared.clone() else { return Ok(()) };
        let before = part.children.clone();
        let fits = |part: &ChartNode, d: &Dependency| {
            self.run.tick(1) && part.name == d.name && is_compatible_range(&d.version, &part.chart.metadata.version)
        };
        // charts below charts/ that are not declared come first
        let mut children: Vec<usize> = before
            .iter()
            .copied()
            .filter(|id| self.parts.get(*id).is_some_and(|part| !declared.iter().any(|d| fits(part, &d.data.borrow()))))
            .collect();
        for dependency in &declared {
            let mut dependency = dependency.data.borrow_mut();
            let found = before.iter().filter_map(|id| self.parts.get(*id)).find(|part| fits(part, &dependency));
            if let Some(found) = found {
                let mut copy = found.clone();
                if !dependency.alias.is_empty() {
                    copy.name.clone_from(&dependency.alias);
                }
                children.push(self.parts.len());
                self.parts.push(copy);
            }
            if !dependency.alias.is_empty() {
                let Dependency { name, alias, .. } = &mut *dependency;
                name.clone_from(alias);
            }
            dependency.enabled = true;
        }
        self.set_children(id, children.clone());
        let values = coalesce_values(&handle(&self.parts, id)?, values, self.run)?;
        self.apply_tags(&declared, &values);
        self.apply_conditions(&declared, &values, path);

        let disabled: HashSet<String> =
            declared.iter().map(|d| d.data.borrow()).filter(|d| !d.enabled).map(|d| d.name.clone()).collect();
        children.retain(|id| self.parts.get(*id).is_some_and(|part| !disabled.contains(&part.name)));
        let kept: Vec<_> = declared.into_iter().filter(|d| !disabled.contains(&*d.data.borrow().name)).collect();
        for child in &children {
            let below = format!("{path}{}.", handle(&self.parts, *child)?.part.name);
            with_stack(|| self.enable(*child, &values, &below))?;
        }
        if let Some(part) = self.parts.get_mut(id) {
            part.declared = (!kept.is_empty()).then_some(kept);
        }
        self.set_children(id, children);
        Ok(())
    }

    /// Helm: `processDependencyTags`.
    fn apply_tags(&mut self, declared: &[Rc<Declared>], values: &Map) {
        let Ok(tags) = table(values, "tags") else { return };
        for dependency in declared {
            let mut dependency = dependency.data.borrow_mut();
            let (mut on, mut off) = (false, false);
            for tag in dependency.tags.iter().flatten() {
                match tags.get(tag.as_bytes()) {
                    None => {}
                    Some(Value::Bool(true)) => on = true,
                    Some(Value::Bool(false)) => off = true,
                    Some(_) => self.run.warn(
                        WarningKind::Values,
                        format!(
                            "dependencies.go:95: Warning: Tag '{tag}' for chart {} returned non-bool value",
                            dependency.name
                        ),
                    ),
                }
            }
            dependency.enabled = on || !off;
        }
    }

    /// Helm: `processDependencyConditions`.
    fn apply_conditions(&mut self, declared: &[Rc<Declared>], values: &Map, path: &str) {
        for dependency in declared {
            let mut dependency = dependency.data.borrow_mut();
            let condition = std::mem::take(&mut dependency.condition);
            for path_below in condition.trim().split(',').filter(|c| !c.is_empty()) {
                match path_value(values, &format!("{path}{path_below}")) {
                    None => {}
                    Some(Value::Bool(enabled)) => {
                        dependency.enabled = enabled;
                        break;
                    }
                    Some(_) => self.run.warn(WarningKind::Values, format!(
                        "dependencies.go:64: Warning: Condition path '{path_below}' for chart {} returned non-bool value",
                        dependency.name
                    )),
                }
            }
            dependency.condition = condition;
        }
    }

    /// Charts below first. Helm: `processDependencyImportValues`.
    fn import(&mut self, id: usize) -> Result<()> {
        for child in handle(&self.parts, id)?.part.children.clone() {
            with_stack(|| self.import(child))?;
        }
        let handle = handle(&self.parts, id)?;
        let Some(declared) = handle.part.declared.clone() else { return Ok(()) };
        let values = merge_values(&handle, &Map::new(), self.run)?;
        let imported = Map::new();
        let mut imports = false;
        for declared in declared {
            let mut dependency = declared.data.borrow_mut();
            let mut seen = Vec::new();
            // Helm does not find values again that another alias has imported
            let again = declared.imported.replace(true);
            for item in dependency.import_values.iter().flatten().filter(|_| !again) {
                let (child, parent) = match &item.data {
                    Data::Str(name) => (format!("exports.{name}"), ".".to_owned()),
                    Data::Map(_) => (text_of(item.get("child"))?, text_of(item.get("parent"))?),
                    _ => continue,
                };
                seen.push(import_node(&child, &parent));
                match table(&values, &format!("{}.{child}", dependency.name)) {
                    Ok(found) => {
                        imports = true;
                        merge_tables(&imported, &nested(&parent, found), self.run)?;
                    }
                    Err(why) if matches!(item.data, Data::Str(_)) => {
                        self.run.warn(
                            WarningKind::Values,
                            format!("dependencies.go:287: Warning: ImportValues missing table: {why}"),
                        );
                    }
                    Err(why) => self.run.warn(
                        WarningKind::Values,
                        format!(
                            "dependencies.go:270: Warning: ImportValues missing table from chart {}: {why}",
                            dependency.name
                        ),
                    ),
                }
            }
            dependency.import_values = (!seen.is_empty()).then_some(seen);
        }
        // the parent's own values win over imported ones
        let values = if imports { deep_copy_within(&values, self.run)? } else { values };
        merge_tables(&values, &imported, self.run)?;
        if let Some(part) = self.parts.get_mut(id) {
            part.values = Some(values);
        }
        Ok(())
    }

    fn finish(self, root: usize) -> Enabled {
        let mut path = String::new();
        self.path(root, &mut path);
        self.enabled(root, path)
    }

    fn enabled(&self, id: usize, path: String) -> Enabled {
        let empty;
        let part = if let Some(part) = self.parts.get(id) {
            part
        } else {
            empty = ChartNode {
                chart: Arc::default(),
                name: String::new(),
                parent: None,
                children: Vec::new(),
                declared: None,
                values: None,
                layer: 0,
            };
            &empty
        };
        let loaded = &part.chart.metadata;
        let changed = part.name != loaded.name || loaded.dependencies.is_some();
        Enabled {
            chart: Arc::clone(&part.chart),
            name: part.name.clone(),
            path,
            is_root: part.parent.is_none(),
            changed_metadata: changed.then(|| {
                let mut metadata = loaded.clone();
                metadata.name.clone_from(&part.name);
                let declared = part.declared.as_ref();
                metadata.dependencies = declared.map(|list| list.iter().map(|d| d.data.borrow().clone()).collect());
                Box::new(metadata)
            }),
            values: part.values.clone(),
            layer: part.layer,
            dependencies: part
                .children
                .iter()
                .map(|child| {
                    let mut path = String::new();
                    self.path(*child, &mut path);
                    with_stack(|| self.enabled(*child, path))
                })
                .collect(),
        }
    }

    /// Helm: `ChartFullPath`.
    fn path(&self, id: usize, out: &mut String) {
        if let Some(part) = self.parts.get(id) {
            if let Some(parent) = part.parent {
                with_stack(|| self.path(parent, out));
                out.push_str("/charts/");
            }
            out.push_str(&part.name);
        }
    }
}

/// `%v` of an entry of an `import-values` map.
fn text_of(node: Option<&Node>) -> Result<String> {
    let value = node.map_or(Value::Nil, |node| node.to_value(0));
    let text = sprintf(b"%v", &[value], &Budget::default())?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// An import as templates see it in `.Chart.Dependencies`.
fn import_node(child: &str, parent: &str) -> Node {
    let text = |s: &str| Node::new(Data::Str(Str::from(s)));
    let mut map: NodeMap = IndexMap::default();
    map.insert(Str::from("child"), text(child));
    map.insert(Str::from("parent"), text(parent));
    Node::new(Data::Map(map))
}

/// Wraps a table into new maps along a dotted path. Helm: `pathToMap`.
fn nested(path: &str, table: Map) -> Map {
    let table = if table.is_empty() { Map::new() } else { table };
    if path == "." {
        return table;
    }
    path.rsplit('.')
        .fold(table, |inner, name| Value::map([(name, Value::Map(inner))]).as_map().cloned().unwrap_or_default())
}
