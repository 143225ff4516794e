//! Finds the services of a project and their stacks.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::config::{Config, FILE_NAME, LayerFile, STACK, Settings};
use super::files::{Files, Folder, Listing};
use super::pattern::{Pattern, Vars, glob_matches};
use super::pipelines::SERVICE_FILE;
use crate::error::{Error, ErrorKind, Result, suggest};

/// Maximum size of `bake.yaml`.
const MAX_CONFIG: u64 = 4 << 20;
/// Maximum number of folders of one level of the layout, times the depth of the layout.
const MAX_FOLDERS: usize = 1_000_000;
/// Maximum depth at which services outside the layout are searched.
const MAX_DEPTH: usize = 16;

/// The hint if no service was found.
const HOW_TO_LIST: &str = "`bake list` shows the services";

/// A project: its configuration and its files.
#[derive(Clone, Debug)]
pub struct Project {
    /// The configuration of `bake.yaml`, or the default.
    pub config: Config,
    /// Its files.
    pub files: Arc<dyn Files>,
    /// Its folder, if it is a folder of this machine.
    root: Option<PathBuf>,
    has_file: bool,
}

/// A service: a folder in the layout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Service {
    /// Its folder, relative to the project's folder.
    pub folder: String,
    /// Its path in output and messages: the parts of its folder from the first variable of the layout on.
    pub path: String,
    /// The variables of the layout.
    pub vars: Vars,
    /// Its stacks, in the order of the project.
    pub stacks: Vec<String>,
    /// The release name; overrides that of the project.
    pub name: Option<String>,
    /// The namespace of the release; overrides that of the project.
    pub namespace: Option<String>,
}

/// All services of a project.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Services {
    /// The services by path.
    pub services: Vec<Service>,
    /// The stacks of the project: those that it declares, or those for which services have files.
    pub stacks: Vec<String>,
    /// Warnings: a file for a stack that is not declared, an exception that matches no service.
    pub warnings: Vec<String>,
}

impl Project {
    /// The project that contains the folder `from`: the nearest `bake.yaml` in it or above. Without one, the defaults apply, and
    /// the project's folder is the nearest one that contains the first folder of the layout, or `from` itself.
    ///
    /// Errors: the file cannot be read or is not valid.
    pub fn find(from: &Path) -> Result<Project> {
        let full = from.canonicalize().map_err(|e| Error::io(from, e))?;
        if let Some(root) = full.ancestors().find(|folder| folder.join(FILE_NAME).is_file()) {
            return Project::open(&shorter(root, from, &full));
        }
        let config = Config::default();
        let first = config.layout.first().map(|part| part.as_str().to_owned()).unwrap_or_default();
        let root = full.ancestors().find(|folder| folder.join(&first).is_dir()).unwrap_or(&full);
        Ok(Project::with(config, shorter(root, from, &full), false))
    }

    /// The project of a `bake.yaml`, or of a folder that may contain one.
    ///
    /// Errors: the file cannot be read or is not valid.
    pub fn open(path: &Path) -> Result<Project> {
        let (root, name) = if path.is_dir() {
            (path.to_owned(), FILE_NAME.to_owned())
        } else {
            let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
            (parent.to_owned(), path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        };
        let is_named = !path.is_dir();
        let mut project = Project::open_files(Arc::new(Folder::new(&root)), &name)?;
        if is_named && !project.has_file {
            return Err(Error::new(ErrorKind::Io, format!("{}: no such file or folder", path.display())));
        }
        project.root = Some(root);
        Ok(project)
    }

    /// The project of these files, with the configuration file `name`. Without that file, the defaults apply.
    ///
    /// Errors: the file cannot be read or is not valid.
    pub fn open_files(files: Arc<dyn Files>, name: &str) -> Result<Project> {
        let shown = files.show(name);
        let config = match files.read(name, MAX_CONFIG)? {
            Some(bytes) => {
                let text = String::from_utf8(bytes)
                    .map_err(|_| Error::new(ErrorKind::Syntax, format!("{shown}: it is not valid UTF-8")))?;
                Some(Config::parse(&shown, &text)?)
            }
            None => None,
        };
        Ok(Project { has_file: config.is_some(), config: config.unwrap_or_default(), files, root: None })
    }

    fn with(config: Config, root: PathBuf, has_file: bool) -> Project {
        Project { config, files: Arc::new(Folder::new(&root)), root: Some(root), has_file }
    }

    /// Whether there is a `bake.yaml`.
    pub fn has_file(&self) -> bool {
        self.has_file
    }

    /// The project's folder, if it is a folder of this machine.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// All services of the layout, with their stacks.
    ///
    /// Errors: a folder cannot be read.
    pub fn services(&self) -> Result<Services> {
        let mut found = Services::default();
        let mut candidates = vec![Service::default()];
        for part in &self.config.layout {
            candidates = self.step(&candidates, part, &mut found)?;
        }
        for mut service in candidates {
            let Some(listing) = self.files.list(&service.folder)? else { continue };
            if !self.is_service(&listing) {
                continue;
            }
            let settings = self.exceptions(&service.path);
            if settings.iter().any(|s| s.skip) {
                continue;
            }
            let known = self.own_stacks(&listing.files);
            service.stacks = match &self.config.stacks {
                None => known,
                Some(stacks) => {
                    for name in known.iter().filter(|name| !stacks.contains_key(*name)) {
                        let mut text = format!(
                            "{}: there are files for the stack {name:?}, which {FILE_NAME} does not declare",
                            service.path
                        );
                        if let Some(near) = suggest::nearest(name, stacks.keys().map(String::as_str)) {
                            let _ = write!(text, "; did you mean {near:?}?");
                        }
                        found.warnings.push(text);
                    }
                    let has = |stack: &String| self.has_stack(&listing.files, stack);
                    stacks.keys().filter(|stack| has(stack)).cloned().collect()
                }
            };
            keep_wanted(&mut service, &settings);
            found.services.push(service);
        }
        found.services.sort_by(|a, b| a.path.cmp(&b.path));
        found.stacks = self.all_stacks(&found.services);
        for glob in self.config.services.keys() {
            let unused = !found.services.iter().any(|s| glob_matches(glob, &s.path));
            // an exception that skips a service matches it, although the service is left out
            if unused && !self.config.services.get(glob).is_some_and(|s| s.skip) {
                found.warnings.push(format!("{FILE_NAME}: no service matches {glob:?}"));
            }
        }
        Ok(found)
    }

    /// Descends by one part of the layout.
    fn step(&self, above: &[Service], part: &Pattern, found: &mut Services) -> Result<Vec<Service>> {
        let mut below = Vec::new();
        for service in above {
            let Some(listing) = self.files.list(&service.folder)? else { continue };
            if listing.unnamed > 0 && part.variables().next().is_some() {
                let folder = self.files.show(&service.folder);
                let what = if listing.unnamed == 1 { "one name is" } else { "some names are" };
                found.warnings.push(format!("{folder}: {what} not valid UTF-8 and ignored"));
            }
            for name in listing.folders {
                if name.starts_with('.') || name.contains(char::is_control) || !part.fits(&name) {
                    continue;
                }
                let mut next = service.clone();
                push_part(&mut next.folder, &name);
                if let Some((var, value)) = part.capture(&name) {
                    next.vars.insert(var.to_owned(), value.to_owned());
                }
                if !next.vars.is_empty() {
                    push_part(&mut next.path, &name);
                }
                below.push(next);
                let depth = service.folder.split('/').count();
                if below.len().saturating_mul(depth) > MAX_FOLDERS {
                    let folder = self.files.show(&service.folder);
                    let text = format!("{folder}: too many folders match the layout");
                    return Err(Error::new(ErrorKind::Io, text).with_hint("links to folders may form a cycle"));
                }
            }
        }
        Ok(below)
    }

    /// The stacks for which a service has files.
    fn own_stacks(&self, names: &[String]) -> Vec<String> {
        let patterns = self.config.files.iter().filter(|file| is_of_stack(file));
        // if the pattern is `{stack}.yaml`, a file for all stacks looks like one of a stack
        // so does the file of the service itself
        let own = self.config.pipelines.as_ref().map(|_| SERVICE_FILE);
        let is_common = |name: &&String| {
            own == Some(name.as_str()) || self.config.files.iter().any(|file| file.path.as_str() == *name)
        };
        let mut stacks: Vec<String> = patterns
            .flat_map(|file| names.iter().filter(|n| !is_common(n)).filter_map(|n| file.path.capture(n)))
            .map(|(_, stack)| stack.to_owned())
            .filter(|stack| !stack.starts_with('.') && !stack.contains(char::is_control))
            .collect();
        stacks.sort_unstable();
        stacks.dedup();
        stacks
    }

    /// Whether the files exist that a service needs for a stack.
    fn has_stack(&self, names: &[String], stack: &str) -> bool {
        let vars = Vars::from([(STACK.to_owned(), stack.to_owned())]);
        self.config
            .files
            .iter()
            .filter(|file| !file.optional && is_of_stack(file))
            .all(|file| file.path.fill(&vars).map_or(true, |path| path.contains('/') || names.contains(&path)))
    }

    /// The exceptions that match the service. Later ones win.
    pub(super) fn exceptions(&self, path: &str) -> Vec<&Settings> {
        let matching = self.config.services.iter().filter(|(glob, _)| glob_matches(glob, path));
        matching.map(|(_, settings)| settings).collect()
    }

    /// The service in a folder of this machine: a service of the layout, or any folder with the files of a service, named by
    /// the last three parts of its path, `{product}/{namespace}/{app}`.
    ///
    /// Errors: the folder does not exist or is not a service.
    pub fn service_at(&self, folder: &Path) -> Result<Service> {
        let (full, inside) = self.inside(folder)?;
        let placed = inside.as_deref().and_then(|path| self.place(path));
        let mut service = match (placed, inside.or_else(|| slashes(&full))) {
            (Some(placed), _) => placed,
            // outside the layout: relative to the project's folder if possible, like the layers
            (None, Some(path)) => named_by_place(&full, path),
            (None, None) => {
                let message = format!("{}: the path of a service must be valid UTF-8", folder.display());
                return Err(Error::new(ErrorKind::Io, message));
            }
        };
        let listing = self.files.list(&service.folder)?.unwrap_or_default();
        if !self.is_service(&listing) {
            let first = self.config.files.first().map(|file| file.path.as_str()).unwrap_or_default();
            let message = format!("{}: the folder has no {first}, so it is not a service", folder.display());
            return Err(Error::new(ErrorKind::Io, message).with_hint(self.what_services_are()));
        }
        service.stacks = match &self.config.stacks {
            Some(stacks) => stacks.keys().filter(|s| self.has_stack(&listing.files, s)).cloned().collect(),
            None => self.own_stacks(&listing.files),
        };
        let settings = self.exceptions(&service.path);
        keep_wanted(&mut service, &settings);
        Ok(service)
    }

    /// The services in a folder of this machine: those of the layout in it or below. If there are none, the folder itself, if
    /// [`Project::service_at`] accepts it, or all such folders below it, without charts, hidden folders and links.
    ///
    /// Errors: the folder does not exist, cannot be read, or contains no service.
    pub fn services_in(&self, folder: &Path) -> Result<Services> {
        let (full, inside) = self.inside(folder)?;
        let mut found = self.services()?;
        let below = |service: &Service| match inside.as_deref() {
            Some("") => true,
            Some(inside) => {
                service.folder.strip_prefix(inside).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            None => false,
        };
        found.services.retain(below);
        if found.services.is_empty() {
            let folders = self.folders_of_services(&full)?;
            found.services = folders.iter().map(|folder| self.service_at(folder)).collect::<Result<_>>()?;
            found.services.sort_by(|a, b| a.path.cmp(&b.path));
            found.stacks = self.all_stacks(&found.services);
        }
        if found.services.is_empty() {
            let message = format!("{}: the folder contains no service", folder.display());
            return Err(Error::new(ErrorKind::Io, message).with_hint(self.what_services_are()));
        }
        Ok(found)
    }

    /// The folders from `top` down that contain the files of a service.
    fn folders_of_services(&self, top: &Path) -> Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut pending = vec![(top.to_owned(), 0)];
        while let Some((folder, depth)) = pending.pop() {
            let listing = Folder::new(&folder).list("")?.unwrap_or_default();
            if listing.files.iter().any(|name| name == "Chart.yaml") {
                continue;
            }
            if self.is_service(&listing) {
                found.push(folder);
            } else if depth < MAX_DEPTH {
                let below = listing.folders.iter().filter(|name| !name.starts_with('.')).map(|name| folder.join(name));
                pending.extend(below.filter(|path| !path.is_symlink()).map(|path| (path, depth + 1)));
            }
        }
        Ok(found)
    }

    /// The full path of a folder, and its path relative to the project's folder if it is inside.
    fn inside(&self, folder: &Path) -> Result<(PathBuf, Option<String>)> {
        let missing = |e: std::io::Error| {
            let is_missing = e.kind() == std::io::ErrorKind::NotFound;
            Error::io(folder, if is_missing { std::io::Error::new(e.kind(), "no such folder") } else { e })
        };
        let full = folder.canonicalize().map_err(missing)?;
        let root = self.root.as_deref().and_then(|root| root.canonicalize().ok());
        let inside = root.as_deref().and_then(|root| full.strip_prefix(root).ok()).and_then(slashes);
        Ok((full, inside))
    }

    fn is_service(&self, listing: &Listing) -> bool {
        self.config.files.iter().any(|file| listing.files.iter().any(|name| file.path.fits(name)))
    }

    fn what_services_are(&self) -> String {
        let names: Vec<&str> = self.config.files.iter().map(|f| f.path.as_str()).collect();
        format!("a service is a folder with {}", names.join(" and ").replace("{stack}", "STACK"))
    }

    /// The stacks of the project, or those of these services.
    fn all_stacks(&self, services: &[Service]) -> Vec<String> {
        match &self.config.stacks {
            Some(stacks) => stacks.keys().cloned().collect(),
            None => {
                services.iter().flat_map(|s| s.stacks.iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect()
            }
        }
    }

    /// The service of a path in the layout.
    fn place(&self, folder: &str) -> Option<Service> {
        let names: Vec<&str> = folder.split('/').collect();
        if names.len() != self.config.layout.len() {
            return None;
        }
        let mut service = Service { folder: folder.to_owned(), ..Service::default() };
        for (name, part) in names.iter().zip(&self.config.layout) {
            if !part.fits(name) {
                return None;
            }
            if let Some((var, value)) = part.capture(name) {
                service.vars.insert(var.to_owned(), value.to_owned());
            }
            if !service.vars.is_empty() {
                push_part(&mut service.path, name);
            }
        }
        Some(service)
    }

    /// The one service that matches a glob or the end of a path: `frontend`, `web/frontend`.
    ///
    /// Errors: no service matches, or several do; the message names them.
    pub fn service_named(&self, name: &str) -> Result<Service> {
        let all = self.services()?.services;
        let ends = |s: &&Service| s.path == name || s.path.strip_suffix(name).is_some_and(|above| above.ends_with('/'));
        let mut matching: Vec<&Service> = all.iter().filter(ends).collect();
        if let [one] = matching.as_slice() {
            return Ok((*one).clone());
        }
        if matching.is_empty() {
            matching = all.iter().filter(|s| glob_matches(name, &s.path)).collect();
        }
        match matching.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let error =
                    Error::new(ErrorKind::Usage, format!("{name}: no such folder, and no service of that name"));
                Err(error.with_hint(HOW_TO_LIST).did_you_mean(name, apps(&all)))
            }
            many => {
                let paths: Vec<&str> = many.iter().map(|s| s.path.as_str()).collect();
                Err(Error::new(ErrorKind::Usage, format!("{name} matches several services: {}", paths.join(", "))))
            }
        }
    }
}

impl Services {
    /// Adds services of the same project, each once.
    pub fn add(&mut self, more: Services) {
        self.services.extend(more.services);
        self.services.sort_by(|a, b| a.path.cmp(&b.path));
        self.services.dedup();
        // the stacks and warnings are those of the same project
        self.stacks.extend(more.stacks);
        let mut seen = BTreeSet::new();
        self.stacks.retain(|stack| seen.insert(stack.clone()));
    }

    /// The stacks that a command names. `all`, or no name, means all stacks of the project.
    ///
    /// Errors: no service is in the stack.
    pub fn pick_stacks(&self, names: &[String]) -> Result<Vec<String>> {
        if names.is_empty() || names.iter().any(|name| name == "all") {
            return Ok(self.stacks.clone());
        }
        for name in names {
            if !self.stacks.contains(name) {
                let known = if self.stacks.is_empty() { "none".to_owned() } else { self.stacks.join(", ") };
                let error = Error::new(ErrorKind::Usage, format!("no stack {name:?}; the stacks are: {known}"));
                return Err(error.did_you_mean(name, self.stacks.iter().map(String::as_str)));
            }
        }
        Ok(self.stacks.iter().filter(|stack| names.contains(stack)).cloned().collect())
    }

    /// Keeps the services that match one of the globs. No glob keeps all.
    ///
    /// Errors: a glob matches no service.
    pub fn pick_apps(&mut self, globs: &[String]) -> Result<()> {
        for glob in globs {
            if !self.services.iter().any(|s| glob_matches(glob, &s.path)) {
                let error = Error::new(ErrorKind::Usage, format!("no service matches {glob:?}"));
                return Err(error.with_hint(HOW_TO_LIST).did_you_mean(glob, apps(&self.services)));
            }
        }
        if !globs.is_empty() {
            self.services.retain(|s| globs.iter().any(|glob| glob_matches(glob, &s.path)));
        }
        Ok(())
    }
}

/// The names of the services: the last parts of their paths.
fn apps(services: &[Service]) -> impl Iterator<Item = &str> {
    services.iter().filter_map(|service| service.path.rsplit('/').next())
}

/// Keeps the stacks that the exceptions allow for a service.
fn keep_wanted(service: &mut Service, settings: &[&Settings]) {
    if let Some(wanted) = settings.iter().rev().find_map(|s| s.stacks.as_ref()) {
        service.stacks.retain(|stack| wanted.contains(stack));
    }
}

/// Whether a file of a service depends on the stack.
pub(super) fn is_of_stack(file: &LayerFile) -> bool {
    file.path.variables().eq([STACK])
}

/// The service in a folder outside the layout: the last three parts of its path are product, namespace and app.
fn named_by_place(full: &Path, folder: String) -> Service {
    let mut vars = Vars::new();
    let mut names = full.ancestors().map(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()));
    for var in ["app", "namespace", "product"] {
        if let Some(name) = names.next().flatten() {
            vars.insert(var.to_owned(), name);
        }
    }
    let parts: Vec<String> = ["product", "namespace", "app"].iter().filter_map(|v| vars.get(*v)).cloned().collect();
    Service { folder, path: parts.join("/"), vars, ..Service::default() }
}

fn push_part(path: &mut String, part: &str) {
    if !path.is_empty() {
        path.push('/');
    }
    path.push_str(part);
}

/// A relative path with `/` as the separator; `None` if it is not UTF-8.
fn slashes(path: &Path) -> Option<String> {
    let mut text = String::new();
    for part in path.components() {
        match part {
            Component::RootDir => text.push('/'),
            Component::Normal(name) if text == "/" => text.push_str(name.to_str()?),
            Component::Normal(name) => push_part(&mut text, name.to_str()?),
            Component::Prefix(prefix) => text.push_str(prefix.as_os_str().to_str()?),
            Component::CurDir | Component::ParentDir => return None,
        }
    }
    Some(text)
}

/// `root`, an ancestor of `full`, in the form in which the user gave `from`, which is the same folder as `full`.
fn shorter(root: &Path, from: &Path, full: &Path) -> PathBuf {
    let from = from.strip_prefix(".").unwrap_or(from);
    let up = full.ancestors().position(|folder| folder == root).unwrap_or(0);
    let named = from.components().rev().take_while(|part| matches!(part, Component::Normal(_))).count();
    // two levels above "a/b/c" is "a"; above "../.." it takes more ".."
    let mut shown = from.ancestors().nth(up.min(named)).unwrap_or(from).to_owned();
    shown.extend(std::iter::repeat_n("..", up.saturating_sub(named)));
    if shown.as_os_str().is_empty() {
        shown.push(".");
    }
    // a link on the path leads elsewhere
    if shown.canonicalize().is_ok_and(|path| path == root) { shown } else { root.to_owned() }
}
