//! Turns files into a chart and its subcharts. Helm: `LoadFiles` in `pkg/chart/loader/load.go`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decode::{self, Draft};
use super::{Chart, File, Loading, archive, validate};
use crate::error::{Error, ErrorKind, Location, Result};
use crate::limits::cancelled;
use crate::path;
use crate::run::{Run, WarningKind};
use crate::yaml::{self, Data, Node};

/// Creates a chart from its files. `depth` is the number of charts around it.
pub(super) fn load_files(files: Vec<File>, loading: &mut Loading<'_>, depth: usize) -> Result<Chart> {
    let run = loading.run;
    if depth > run.limits.subchart_depth {
        let text = format!("charts are nested deeper than {}", run.limits.subchart_depth);
        return Err(Error::limit_reached("subchart-depth", text));
    }
    let mut draft: Option<Draft> = None;
    for file in files.iter().filter(|f| f.name == "Chart.yaml") {
        let draft = draft.get_or_insert_default();
        decode::metadata(&file.data, run, draft).map_err(|e| cannot_load(&e, file))?;
        if draft.metadata.api_version.is_empty() {
            // charts of Helm 2 had no apiVersion
            "v1".clone_into(&mut draft.metadata.api_version);
        }
    }

    let mut chart = Chart { values: Node::new(Data::Map(yaml::NodeMap::default())), ..Chart::default() };
    // in byte order of their names; in Helm the order is random (D-06)
    let mut subcharts: BTreeMap<String, Vec<File>> = BTreeMap::new();
    for file in files {
        match file.name.as_str() {
            "Chart.yaml" => {}
            "Chart.lock" => chart.lock = read_lock(&file, run)?,
            "values.yaml" => {
                chart.values = yaml::read_values(&file.data, run).map_err(|e| cannot_load(&e, &file))?;
                chart.values_text = file.data;
            }
            "values.schema.json" => chart.schema = Some(file.data),
            "requirements.yaml" => {
                let draft = draft.get_or_insert_default();
                if draft.metadata.api_version != "v1" {
                    run.warn(
                        WarningKind::Chart,
                        "load.go:120: Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend migrating dependencies to Chart.yaml.",
                    );
                }
                decode::metadata(&file.data, run, draft).map_err(|e| cannot_load(&e, &file))?;
                if draft.metadata.api_version == "v1" {
                    chart.files.push(file);
                }
            }
            "requirements.lock" => {
                chart.lock = read_lock(&file, run)?;
                if draft.get_or_insert_default().metadata.api_version == "v1" {
                    chart.files.push(file);
                } else {
                    run.warn(
                        WarningKind::Chart,
                        "load.go:138: Warning: Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend migrating to Chart.lock.",
                    );
                }
            }
            name if name.starts_with("templates/") => chart.templates.push(file),
            name => match name.strip_prefix("charts/") {
                Some(inner) if path::ext(name.as_bytes()) != b".prov" => {
                    let name = inner.split('/').next().unwrap_or(inner).to_owned();
                    subcharts.entry(name).or_default().push(File { name: inner.to_owned(), data: file.data });
                }
                _ => chart.files.push(file),
            },
        }
    }

    let draft = draft.ok_or_else(|| {
        let error = Error::new(ErrorKind::Chart, "Chart.yaml file is missing");
        match loading.ignored.take().filter(|_| depth == 0) {
            Some(rule) => error.with_hint(ignored_hint(&rule)),
            None => error,
        }
    })?;
    chart.metadata = validate::metadata(draft)?;
    for (name, files) in subcharts {
        if !run.tick(64) {
            return Err(cancelled());
        }
        if name.starts_with(['_', '.']) {
            continue;
        }
        let subchart = load_subchart(&name, files, chart.name(), loading, depth + 1)?;
        chart.dependencies.push(Arc::new(subchart));
    }
    if depth == 0 {
        chart.warnings = run.take_warnings(loading.noted);
    }
    Ok(chart)
}

/// What to do about a rule of `.helmignore` that leaves Chart.yaml out.
fn ignored_hint(rule: &str) -> String {
    let why = if rule.starts_with('!') { ": in Helm, `!` leaves out all that does not match" } else { "" };
    format!("the rule `{rule}` of .helmignore leaves Chart.yaml out{why}")
}

/// Loads an entry of `charts/`: an archive or a directory.
fn load_subchart(name: &str, files: Vec<File>, parent: &str, loading: &mut Loading<'_>, depth: usize) -> Result<Chart> {
    let loaded = if path::ext(name.as_bytes()) == b".tgz" {
        let Some(file) = files.into_iter().next() else { return Ok(Chart::default()) };
        if file.name != name {
            let text = format!("error unpacking subchart tar in {parent}: expected {name}, got {}", file.name);
            return Err(Error::new(ErrorKind::Chart, text));
        }
        if file.data.is_empty() {
            // Go: `gzip.NewReader` returns this only if nothing can be read
            Err(Error::new(ErrorKind::Chart, "EOF"))
        } else {
            archive::read_files(file.data.as_bytes(), loading)
        }
    } else {
        // a file directly in charts/ belongs to no chart
        let below = |file: File| file.name.split_once('/').map(|(_, n)| n.to_owned()).map(|name| File { name, ..file });
        Ok(files.into_iter().filter_map(below).collect())
    };
    loaded
        .and_then(|files| load_files(files, loading, depth))
        .map_err(|e| e.with_prefix(&format!("error unpacking subchart {name} in {parent}: ")))
}

fn read_lock(file: &File, run: &Run) -> Result<Option<super::Lock>> {
    decode::lock(&file.data, run).map_err(|e| cannot_load(&e, file))
}

fn cannot_load(error: &Error, file: &File) -> Error {
    let place = Location::new(&*file.name, 0, 0);
    error.clone().with_prefix(&format!("cannot load {}: ", file.name)).at(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const CHART: &str = "apiVersion: v2\nname: c\nversion: 1.0.0\n";

    fn load(files: &[(&str, &str)]) -> Result<Chart> {
        let files = files.iter().map(|(name, text)| File { name: (*name).to_owned(), data: (*text).into() }).collect();
        Chart::from_files(files, &Limits::helm())
    }

    fn names(files: &[File]) -> Vec<&str> {
        files.iter().map(|f| f.name.as_str()).collect()
    }

    #[test]
    fn files_go_where_helm_puts_them() {
        let chart = load(&[
            ("templates/b.yaml", "b"),
            ("Chart.yaml", CHART),
            ("values.yaml", "a: 1"),
            ("values.schema.json", "{}"),
            ("README.md", "x"),
            ("crds/c.yaml", "y"),
            ("templates/a.yaml", "a"),
            ("charts/s.tgz.prov", "p"),
            ("charts/_no/Chart.yaml", "not: [read"),
            ("charts/.no/x", ""),
            ("charts/z/Chart.yaml", "name: z\nversion: 1"),
            ("charts/z/charts/y/Chart.yaml", "name: y\nversion: v2"),
            ("charts/d/Chart.yaml", "name: d\nversion: 1.2"),
            ("charts/d/templates/t", ""),
        ])
        .unwrap();
        assert_eq!(names(&chart.templates), ["templates/b.yaml", "templates/a.yaml"]);
        assert_eq!(names(&chart.files), ["README.md", "crds/c.yaml", "charts/s.tgz.prov"]);
        assert_eq!(chart.schema, Some("{}".into()));
        assert!(chart.values.get("a").is_some());
        let subcharts: Vec<_> = chart.dependencies.iter().map(|d| d.name()).collect();
        assert_eq!(subcharts, ["d", "z"]);
        assert_eq!(chart.dependencies[1].dependencies[0].metadata.api_version, "v1");
        assert_eq!(names(&chart.dependencies[0].templates), ["templates/t"]);
    }

    #[test]
    fn mistakes_are_told_in_helms_words() {
        let decode = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal";
        for (chart, want) in [
            ("", "validation: chart.metadata.name is required".to_owned()),
            ("[]", format!("cannot load Chart.yaml: {decode} array into Go value of type chart.Metadata")),
            ("text", format!("cannot load Chart.yaml: {decode} string into Go value of type chart.Metadata")),
            (
                "name: []",
                format!("cannot load Chart.yaml: {decode} array into Go struct field Metadata.name of type string"),
            ),
            (
                "Name: {}",
                format!("cannot load Chart.yaml: {decode} object into Go struct field Metadata.name of type string"),
            ),
            (
                "version: {}\nkeywords: 1",
                format!(
                    "cannot load Chart.yaml: {decode} number into Go struct field Metadata.keywords of type []string"
                ),
            ),
            (
                "keywords: [a, [b]]",
                format!("cannot load Chart.yaml: {decode} array into Go struct field Metadata.keywords of type string"),
            ),
            (
                "maintainers: x",
                format!(
                    "cannot load Chart.yaml: {decode} string into Go struct field Metadata.maintainers of type []*chart.Maintainer"
                ),
            ),
            (
                "maintainers: [x]",
                format!(
                    "cannot load Chart.yaml: {decode} string into Go struct field Metadata.maintainers of type chart.Maintainer"
                ),
            ),
            (
                "maintainers: [{name: {}}]",
                format!(
                    "cannot load Chart.yaml: {decode} object into Go struct field Maintainer.maintainers.name of type string"
                ),
            ),
            (
                "dependencies: [{tags: x}]",
                format!(
                    "cannot load Chart.yaml: {decode} string into Go struct field Dependency.dependencies.tags of type []string"
                ),
            ),
            (
                "deprecated: \"true\"",
                format!(
                    "cannot load Chart.yaml: {decode} string into Go struct field Metadata.deprecated of type bool"
                ),
            ),
            (
                "annotations: {a: [1]}",
                format!(
                    "cannot load Chart.yaml: {decode} array into Go struct field Metadata.annotations of type string"
                ),
            ),
            ("name: ..", "validation: chart.metadata.name \"..\" is not allowed".to_owned()),
            ("name: a/b", "validation: chart.metadata.name \"a/b\" is invalid".to_owned()),
            ("name: a", "validation: chart.metadata.version is required".to_owned()),
            ("name: a\nversion: x", "validation: chart.metadata.version \"x\" is invalid".to_owned()),
            ("name: a\nversion: .inf", "validation: chart.metadata.version \"+Inf\" is invalid".to_owned()),
            (
                "name: []\nx: .nan",
                "cannot load Chart.yaml: error converting YAML to JSON: json: unsupported value: NaN".to_owned(),
            ),
            (
                "name: a\ndeprecated: .inf",
                "cannot load Chart.yaml: error converting YAML to JSON: json: unsupported value: +Inf".to_owned(),
            ),
            (
                "name: a\nversion: 1\ntype: x",
                "validation: chart.metadata.type must be application or library".to_owned(),
            ),
            (
                "name: a\nversion: 1\nmaintainers: [null]",
                "validation: maintainers must not contain empty or null nodes".to_owned(),
            ),
            (
                "name: a\nversion: 1\ndependencies: [{name: s, alias: a b}]",
                "validation: dependency \"s\" has disallowed characters in the alias".to_owned(),
            ),
            (
                "name: a\nversion: 1\ndependencies: [{name: s}, {name: t, alias: s}]",
                "validation: more than one dependency with name or alias \"s\"".to_owned(),
            ),
        ] {
            let error = load(&[("Chart.yaml", chart)]).unwrap_err().to_string();
            assert_eq!(error, want, "{chart}");
        }
    }

    #[test]
    fn mistakes_of_other_files_name_the_file() {
        for (name, text, want) in [
            (
                "values.yaml",
                "- a",
                "cannot load values.yaml: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
            ),
            (
                "values.yaml",
                "a: [",
                "cannot load values.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content",
            ),
            (
                "Chart.lock",
                "x",
                "cannot load Chart.lock: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal string into Go value of type chart.Lock",
            ),
            (
                "Chart.lock",
                "generated: 5",
                "cannot load Chart.lock: error unmarshaling JSON: while decoding JSON: Time.UnmarshalJSON: input is not a JSON string",
            ),
            ("charts/README.md", "x", "error unpacking subchart README.md in c: Chart.yaml file is missing"),
            ("charts/a.tgz/x", "x", "error unpacking subchart tar in c: expected a.tgz, got a.tgz/x"),
            ("charts/a.tgz", "x", "error unpacking subchart a.tgz in c: unexpected EOF"),
            ("charts/a.tgz", "", "error unpacking subchart a.tgz in c: EOF"),
            (
                "charts/d/Chart.yaml",
                "name: d",
                "error unpacking subchart d in c: validation: chart.metadata.version is required",
            ),
        ] {
            let error = load(&[("Chart.yaml", CHART), (name, text)]).unwrap_err().to_string();
            assert_eq!(error, want, "{name} {text}");
        }
        assert_eq!(load(&[("values.yaml", "")]).unwrap_err().to_string(), "Chart.yaml file is missing");
    }

    #[test]
    fn numbers_and_case_are_forgiven() {
        let chart = load(&[(
            "Chart.yaml",
            "Name: 12\nVERSION: 1.10\nappVersion: 1e6\nkeywords: [yes, 3]\nannotations: {a: true, b: .nan}",
        )]);
        let metadata = chart.unwrap().metadata;
        assert_eq!((metadata.name.as_str(), metadata.version.as_str()), ("12", "1.1"));
        assert_eq!(metadata.app_version, "1e+06");
        assert_eq!(metadata.keywords.unwrap(), ["true", "3"]);
        let annotations = metadata.annotations.unwrap();
        assert_eq!((annotations["a"].as_str(), annotations["b"].as_str()), ("true", "NaN"));
    }

    #[test]
    fn what_cannot_be_printed_is_dropped() {
        let chart = load(&[("Chart.yaml", "name: \"a\\e[1m\\nb\"\nversion: 1.0.0")]).unwrap();
        assert_eq!(chart.name(), "a[1m b");
    }

    #[test]
    fn requirements_of_an_old_chart_are_its_dependencies() {
        let requirements = ("requirements.yaml", "dependencies: [{name: x, version: 1}]");
        let old = load(&[("Chart.yaml", "name: c\nversion: 1"), requirements]).unwrap();
        assert_eq!(old.metadata.dependencies.unwrap()[0].name, "x");
        assert_eq!(names(&old.files), ["requirements.yaml"]);
        assert!(old.warnings.is_empty());
        // entries are changed one by one, as Go decodes into a slice that is there
        let new = load(&[
            ("Chart.yaml", &format!("{CHART}dependencies: [{{name: y, alias: z}}, {{name: w}}]")),
            requirements,
        ]);
        let new = new.unwrap();
        let dependencies = new.metadata.dependencies.unwrap();
        assert_eq!(dependencies.len(), 1);
        assert_eq!((dependencies[0].name.as_str(), dependencies[0].alias.as_str()), ("x", "z"));
        assert!(new.files.is_empty());
        assert_eq!(new.warnings.len(), 1);
    }

    #[test]
    fn a_lock_is_read() {
        let text = "dependencies: [{name: x, repository: r, version: 1.0.0}]\ndigest: sha256:00\ngenerated: \"2024-01-02T03:04:05.678+09:00\"\n";
        let lock = load(&[("Chart.yaml", CHART), ("Chart.lock", text)]).unwrap().lock.unwrap();
        assert_eq!((lock.digest.as_str(), lock.dependencies[0].name.as_str()), ("sha256:00", "x"));
        assert!(load(&[("Chart.yaml", CHART), ("Chart.lock", "")]).unwrap().lock.is_none());
    }

    #[test]
    fn charts_are_nested_as_deep_as_the_limit_says() {
        let deep = |n: usize| {
            let file = |d: usize| File { name: format!("{}Chart.yaml", "charts/c/".repeat(d)), data: CHART.into() };
            let limits = Limits::helm().with(|l| l.subchart_depth = 3);
            Chart::from_files((0..=n).map(file).collect(), &limits)
        };
        assert!(deep(3).is_ok());
        assert_eq!(deep(4).unwrap_err().limit(), Some("subchart-depth"));
    }

    #[test]
    fn a_number_that_json_has_not_is_shown_in_its_line() {
        let error = load(&[("Chart.yaml", &format!("deprecated: .inf\n{CHART}"))]).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "cannot load Chart.yaml: error converting YAML to JSON: json: unsupported value: +Inf\n  \
             at Chart.yaml:1:13\n    |\n  1 | deprecated: .inf\n    |             ^"
        );
    }
}
