//! Validates Chart.yaml. Helm: `Metadata.Validate`, `Dependency.Validate`, `sanitizeString`.

use std::borrow::Cow;

use super::decode::Draft;
use super::{Dependency, Maintainer, Metadata};
use crate::error::{Error, ErrorKind, Result};
use go::semver::{Constraint, Version};
use go::strconv::{is_print, quote};

/// Cleans the strings of Chart.yaml and checks the fields. The result has no null entries.
pub(super) fn metadata(draft: Draft) -> Result<Metadata> {
    let Draft { metadata: mut m, maintainers, dependencies } = draft;
    for text in [
        &mut m.name,
        &mut m.description,
        &mut m.home,
        &mut m.icon,
        &mut m.condition,
        &mut m.tags,
        &mut m.app_version,
        &mut m.kube_version,
    ] {
        sanitize(text);
    }
    m.sources.iter_mut().flatten().for_each(sanitize);
    m.keywords.iter_mut().flatten().for_each(sanitize);

    if m.api_version.is_empty() {
        return Err(invalid("chart.metadata.apiVersion is required"));
    }
    if m.name.is_empty() {
        return Err(invalid("chart.metadata.name is required"));
    }
    if m.name == "." || m.name == ".." {
        return Err(invalid(&format!("chart.metadata.name {} is not allowed", quote(m.name.as_bytes()))));
    }
    if m.name.contains('/') {
        return Err(invalid(&format!("chart.metadata.name {} is invalid", quote(m.name.as_bytes()))));
    }
    if m.version.is_empty() {
        return Err(invalid("chart.metadata.version is required"));
    }
    if Version::parse(&m.version).is_err() {
        return Err(invalid(&format!("chart.metadata.version {} is invalid", quote(m.version.as_bytes()))));
    }
    if !matches!(m.chart_type.as_str(), "" | "application" | "library") {
        return Err(invalid("chart.metadata.type must be application or library"));
    }
    m.maintainers = maintainers.map(maintainers_without_nulls).transpose()?;
    m.dependencies = dependencies.map(dependencies_without_nulls).transpose()?;
    Ok(m)
}

/// Refuses library charts, which cannot be rendered on their own. Helm: `checkIfInstallable`.
pub(crate) fn check_installable(metadata: &Metadata) -> Result<()> {
    match metadata.chart_type.as_str() {
        "" | "application" => Ok(()),
        other => Err(Error::new(ErrorKind::Chart, format!("{other} charts are not installable"))),
    }
}

/// Checks whether the chart supports this version of Kubernetes. Helm: `renderResources`, `chartutil.IsCompatibleRange`.
pub(crate) fn check_kube_version(metadata: &Metadata, version: &str) -> Result<()> {
    let range = &metadata.kube_version;
    if range.is_empty() || is_compatible_range(range, version) {
        return Ok(());
    }
    let text = format!("chart requires kubeVersion: {range} which is incompatible with Kubernetes {version}");
    let hint = "name the version of your cluster with --kube-version (in a project: `kubeVersion` in bake.yaml)";
    Err(Error::new(ErrorKind::Chart, text).with_hint(hint))
}

/// Whether a version is in a range; false if either is not valid. Helm: `chartutil.IsCompatibleRange`.
pub(crate) fn is_compatible_range(range: &str, version: &str) -> bool {
    match (Version::parse(version), Constraint::parse(range)) {
        (Ok(version), Ok(range)) => range.check(&version),
        _ => false,
    }
}

fn maintainers_without_nulls(list: Vec<Option<Maintainer>>) -> Result<Vec<Maintainer>> {
    let check = |entry: Option<Maintainer>| {
        let mut entry = entry.ok_or_else(|| invalid("maintainers must not contain empty or null nodes"))?;
        sanitize(&mut entry.name);
        sanitize(&mut entry.email);
        sanitize(&mut entry.url);
        Ok(entry)
    };
    list.into_iter().map(check).collect()
}

fn dependencies_without_nulls(list: Vec<Option<Dependency>>) -> Result<Vec<Dependency>> {
    let mut out: Vec<Dependency> = Vec::with_capacity(list.len());
    let mut names = std::collections::HashSet::new();
    for entry in list {
        let mut entry = entry.ok_or_else(|| invalid("dependencies must not contain empty or null nodes"))?;
        sanitize(&mut entry.name);
        sanitize(&mut entry.version);
        sanitize(&mut entry.repository);
        sanitize(&mut entry.condition);
        entry.tags.iter_mut().flatten().for_each(sanitize);
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
        if !entry.alias.bytes().all(allowed) {
            let name = quote(entry.name.as_bytes());
            return Err(invalid(&format!("dependency {name} has disallowed characters in the alias")));
        }
        let key = if entry.alias.is_empty() { &entry.name } else { &entry.alias };
        if !names.insert(key.clone()) {
            let key = quote(key.as_bytes());
            return Err(invalid(&format!("more than one dependency with name or alias {key}")));
        }
        out.push(entry);
    }
    Ok(out)
}

fn invalid(text: &str) -> Error {
    Error::new(ErrorKind::Chart, format!("validation: {text}"))
}

/// Turns white space into spaces and removes unprintable characters.
fn sanitize(text: &mut String) {
    if let Cow::Owned(clean) = sanitized(text) {
        *text = clean;
    }
}

fn sanitized(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Cow::Borrowed(text);
    }
    let clean = |c: char| match c {
        c if c.is_whitespace() => Some(' '),
        c if is_print(c) => Some(c),
        _ => None,
    };
    Cow::Owned(text.chars().filter_map(clean).collect())
}
