//! Spinnaker pipelines of a project: records, charts and values files of its services for the templates of the crate
//! `bake-pipeline`, and what each pipeline would bake.
//!
//! ```
//! use bake::Project;
//! use bake::pipeline::Pipelines;
//!
//! let project = Project::open("testdata/pipelines/shop".as_ref())?;
//! let pipelines = Pipelines::open(&project)?;
//! for wanted in pipelines.render_all(&pipelines.catalog().marks().collect::<Vec<_>>()) {
//!     let wanted = wanted?;
//!     println!("{}: {}", wanted.mark.service, wanted.pipeline.name());
//! }
//! # Ok::<(), bake::Error>(())
//! ```

mod bakes;
mod checks;
mod explain;
mod lint;
mod records;
mod stores;

use std::sync::Arc;

use ::pipeline::catalog::Catalog;
use ::pipeline::template::{self, Deployment, Outcome, Places, Rendered, Seen, Target, Templates, TestFile};
use ::pipeline::{Mark, Wanted};
use indexmap::IndexMap;
use rayon::prelude::*;

pub use bakes::{BakeCheck, BakeFinding, Tried};
pub use explain::Explained;
pub use lint::Finding;
pub use stores::drifted;

use crate::error::{Error, ErrorKind, Result};
use crate::project::pipelines::Pipelines as Config;
use crate::project::{FILE_NAME, Project, Service};

/// The pipelines of a project.
#[derive(Debug)]
pub struct Pipelines<'p> {
    project: &'p Project,
    config: Config,
    catalog: Arc<Catalog>,
    templates: Templates,
    /// The services of the project by their keys.
    services: IndexMap<String, Service>,
    /// The versions of the charts.
    charts: records::Charts,
    /// What the project warns of, such as a rule that fits no service.
    pub warnings: Vec<String>,
}

/// The largest template.
const MAX_TEMPLATE: u64 = 4 << 20;

impl<'p> Pipelines<'p> {
    /// Reads the records and the templates of a project.
    ///
    /// Errors: `bake.yaml` says nothing of pipelines; a file cannot be read or is not valid; a name is not there.
    pub fn open(project: &'p Project) -> Result<Pipelines<'p>> {
        let Some(config) = project.config.pipelines.clone() else {
            let file = project.files.show(FILE_NAME);
            let error = Error::new(ErrorKind::Usage, format!("{file} has no key \"pipelines\""));
            return Err(
                error.with_hint("`bake pipeline init` starts with templates, and docs/pipelines.md says how to go on")
            );
        };
        let records = records::read(project, &config)?;
        let sources = records::templates(project, &config, &records.catalog)?;
        let files = Arc::clone(&project.files);
        let folder = config.templates.clone();
        let loader = move |name: &str| {
            let is_inside = !name.split('/').any(|part| part == ".." || part.is_empty());
            let path = format!("{folder}/{name}");
            let found = if is_inside { files.read(&path, MAX_TEMPLATE)? } else { None };
            found.map(|bytes| records::source(files.show(&path), bytes)).transpose()
        };
        let templates = Templates::new(sources, Arc::new(loader))?;
        templates.check_names(&records.catalog)?;
        Ok(Pipelines {
            project,
            config,
            catalog: Arc::new(records.catalog),
            templates,
            services: records.services,
            charts: records::Charts::default(),
            warnings: records.warnings,
        })
    }

    /// The records.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The templates.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The project.
    pub fn project(&self) -> &'p Project {
        self.project
    }

    /// What `bake.yaml` says of pipelines.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What a pipeline is rendered for.
    ///
    /// Errors: the service is not in the stack, or a chart cannot be loaded.
    pub fn target(&self, mark: &Mark) -> Result<Target> {
        let deployment = self.deployment(&mark.service, &mark.stack)?;
        Ok(Target { catalog: Arc::clone(&self.catalog), mark: mark.clone(), deployment: Arc::new(deployment) })
    }

    fn deployment(&self, service: &str, stack: &str) -> Result<Deployment> {
        let Some(found) = self.services.get(service) else {
            let error = Error::new(ErrorKind::Usage, format!("there is no service {service:?}"));
            return Err(error.did_you_mean(service, self.services.keys().map(String::as_str)));
        };
        records::deployment(self, found, stack)
    }

    /// The pipeline of a mark, and the parameters that it was made with.
    ///
    /// Errors: those of the template, with its file and line, the service and the stack.
    pub fn render(&self, mark: &Mark) -> Result<(Wanted, Seen)> {
        let Rendered { mut pipeline, parameters } = self.templates.render(&self.target(mark)?)?;
        if self.config.fill_ids {
            template::fill_ids(&mut pipeline, mark);
        }
        Ok((Wanted { pipeline, mark: mark.clone() }, parameters))
    }

    /// The pipelines of these marks, on all threads of rayon's current pool, in the order of the marks.
    pub fn render_all(&self, marks: &[Mark]) -> Vec<Result<Wanted>> {
        marks.par_iter().map(|mark| self.render(mark).map(|(wanted, _)| wanted)).collect()
    }

    /// Which lines of templates made a pipeline.
    ///
    /// Errors: those of [`Pipelines::render`].
    pub fn places(&self, mark: &Mark) -> Result<Places> {
        self.templates.places(&self.target(mark)?)
    }

    /// Runs the tests beside a template: `NAME.test.yaml`.
    ///
    /// Errors: the file is not valid.
    pub fn test(&self, name: &str) -> Result<Vec<Outcome>> {
        let path = format!("{}/{name}.test.yaml", self.config.templates);
        let Some(bytes) = self.project.files.read(&path, MAX_TEMPLATE)? else { return Ok(Vec::new()) };
        let source = records::source(self.project.files.show(&path), bytes)?;
        let tests = TestFile::read(name, &source.file, &source.text)?;
        tests.run(&self.templates, &self.catalog, |service, stack| match service {
            Some(service) => self.deployment(service, stack),
            None => records::sample(self, stack),
        })
    }
}
