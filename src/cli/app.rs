//! `bake [APP] --stack STACK`: a service, with both built-in charts.

use super::args::AppArgs;
use super::{output, values};
use crate::bake::Bake;
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{Manifest, WriteOptions};
use crate::project::{self, App, ChartChoice};

pub(super) fn run(args: &AppArgs) -> Result<()> {
    let app = App::open(&args.app)?;
    let Some(stack) = &args.stack else {
        let stacks = app.stacks()?.join(", ");
        return Err(Error::new(ErrorKind::Usage, "which stack? say --stack STACK")
            .with_hint(format!("the stacks of {} are: {stacks}", args.app.display())));
    };
    let layers = app.layers(stack)?;
    let layout = app.layout()?;
    let name = required(args.name.clone().or(layout.app), "--name")?;
    let namespace = required(args.namespace.clone().or(layout.namespace), "--namespace")?;
    let choices = match args.charts.as_slice() {
        [] => ChartChoice::both(),
        charts => charts.iter().map(|c| ChartChoice::parse(c)).collect(),
    };
    let mut manifests: Vec<Manifest> = Vec::new();
    for choice in choices {
        let chart = choice.load()?;
        let mut bake = Bake::new(&chart).limits(args.limits.limits()).release(&name).namespace(&namespace);
        for file in &layers {
            bake = bake.values_file(file)?;
        }
        bake = values::add_cluster(values::add(bake, &args.values)?, &args.cluster)?;
        manifests.push(bake.render_with(output::warning)?);
    }
    if let Some(folder) = &args.output {
        let files = project::write_objects(folder, &manifests)?;
        return output::wrote(files.iter().map(|file| folder.join(file)));
    }
    let mut text = Vec::new();
    for manifest in &manifests {
        manifest.write_to(&mut text, &WriteOptions::default()).map_err(|e| Error::new(ErrorKind::Io, e.to_string()))?;
    }
    output::print(&text)
}

fn required(name: Option<String>, flag: &str) -> Result<String> {
    name.ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("the folder's place does not give a name: say {flag}"))
            .with_hint("the layout is {product}/{namespace}/{app}")
    })
}
