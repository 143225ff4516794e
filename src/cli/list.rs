//! `bake list`: the services of the project with their stacks, charts and layers.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Args, ValueEnum};
use indexmap::IndexSet;

use super::flags::ProjectArgs;
use super::output;
use super::table::{columns, count};
use crate::error::Result;
use crate::project::{Plan, Project, Services};

/// `bake list`
#[derive(Clone, Debug, Args)]
pub(super) struct ListArgs {
    /// The project.
    #[command(flatten)]
    pub project: ProjectArgs,

    /// Only the services that match: a name, a path (product/namespace/app), or a pattern with * and **.
    #[arg(long = "app", value_name = "GLOB")]
    pub apps: Vec<String>,

    /// How the list is printed.
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub format: ListFormat,
}

/// How a list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ListFormat {
    /// One line per service.
    Table,
    /// Charts, layers and names of each service and stack.
    Json,
}

pub(super) fn run(args: &ListArgs) -> Result<()> {
    let project = args.project.find(Path::new("."))?;
    let mut found = project.services()?;
    found.pick_apps(&args.apps)?;
    found.warnings.iter().for_each(|text| output::warning(format_args!("warning: {text}")));
    let mut rows = Vec::new();
    for service in &found.services {
        let plans = service.stacks.iter().map(|stack| project.plan(service, stack)).collect::<Result<Vec<_>>>()?;
        rows.push(plans);
    }
    let text = match args.format {
        ListFormat::Table => table(&project, &found, &rows),
        ListFormat::Json => {
            let mut text = serde_json::to_string_pretty(&json(&project, &found, &rows)).unwrap_or_default();
            text.push('\n');
            text
        }
    };
    output::print(text.as_bytes())
}

fn table(project: &Project, found: &Services, rows: &[Vec<Plan>]) -> String {
    let mut table = vec![["SERVICE", "NAMESPACE", "CHARTS", "STACKS"].map(str::to_owned).to_vec()];
    for (service, plans) in found.services.iter().zip(rows) {
        let names = plans.iter().map(|plan| plan.namespace.as_str());
        let charts = plans.iter().flat_map(|plan| &plan.charts).map(|(name, _)| name.as_str());
        table.push(vec![service.path.clone(), each_once(names), each_once(charts), service.stacks.join(", ")]);
    }
    let stacks: BTreeSet<&String> = found.services.iter().flat_map(|service| &service.stacks).collect();
    let bakes: usize = rows.iter().flatten().map(|plan| plan.charts.len()).sum();
    format!(
        "{}\n{}, {}, {}: {}\n",
        columns(&table),
        count(found.services.len(), "service"),
        count(stacks.len(), "stack"),
        count(project.config.charts.len(), "chart"),
        count(bakes, "bake"),
    )
}

fn each_once<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<IndexSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}

fn json(project: &Project, found: &Services, rows: &[Vec<Plan>]) -> serde_json::Value {
    let chart = |(name, entry): (&String, &crate::project::ChartEntry)| serde_json::json!({"name": name, "path": entry.path, "version": entry.version});
    let services: Vec<_> = found
        .services
        .iter()
        .zip(rows)
        .map(|(service, plans)| {
            let stacks: Vec<_> = plans
                .iter()
                .map(|plan| {
                    let layers: Vec<String> = plan.layers.iter().map(|l| project.files.show(&l.path)).collect();
                    serde_json::json!({
                        "stack": plan.stack,
                        "name": plan.name,
                        "namespace": plan.namespace,
                        "charts": plan.charts.iter().map(|(name, entry)| chart((name, entry))).collect::<Vec<_>>(),
                        "layers": layers,
                        "kubeVersion": plan.cluster.kube_version,
                        "apiVersions": plan.cluster.api_versions,
                    })
                })
                .collect();
            serde_json::json!({
                "path": service.path,
                "folder": project.files.show(&service.folder),
                "variables": service.vars,
                "stacks": stacks,
            })
        })
        .collect();
    serde_json::json!({
        "file": project.has_file().then(|| project.files.show(crate::project::FILE_NAME)),
        "stacks": found.stacks,
        "charts": project.config.charts.iter().map(chart).collect::<Vec<_>>(),
        "services": services,
        "warnings": found.warnings,
    })
}
