//! Creates the values files of a new service.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use super::output::write_files;
use crate::bake::{Bake, Chart};
use crate::error::{Error, ErrorKind, Result, printable};

/// The name of the schema file beside the values, if none is found above them.
const SCHEMA: &str = "values.schema.json";

/// The options of a new service.
#[derive(Clone, Debug)]
pub struct Start {
    /// The image, with or without a tag or digest; `None`: a placeholder.
    pub image: Option<String>,
    /// The port that the container listens on.
    pub port: u16,
    /// `Deployment`, `StatefulSet`, `DaemonSet`, `CronJob` or `Job`.
    pub kind: String,
    /// The schema that the first line of each file names; `None`: the nearest `values.schema.json` above the service.
    pub schema: Option<PathBuf>,
    /// Whether to replace existing files.
    pub replace: bool,
}

impl Start {
    /// Writes `values.yaml` and `prod-values.yaml` into the folder of a service, and the schema if there is none yet.
    /// The name of the folder is the name of the service. Returns the written files.
    ///
    /// Errors: the image, the kind or the name is not valid; a values file exists; a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let schema = self.schema.clone().or_else(|| nearest_schema(folder)).unwrap_or_else(|| folder.join(SCHEMA));
        let chart = Chart::builtin("workload")?;
        let name = name(folder)?;
        // an invalid release name would fail in the first bake
        Bake::new(&chart).release(&name).skip_schema_validation().prepare().map_err(|e| {
            let text = format!("the name of the folder is the name of the service: {}", e.message());
            e.with_message(text)
        })?;
        let texts = self.texts(&name, &relative(folder, &schema)?)?;
        let mut files: Vec<(PathBuf, Vec<u8>)> =
            texts.into_iter().map(|(name, text)| (folder.join(name), text.into_bytes())).collect();
        if let Some((file, _)) = files.iter().find(|(file, _)| file.symlink_metadata().is_ok() && !self.replace) {
            return Err(Error::new(ErrorKind::Io, format!("{} already exists", file.display()))
                .with_hint("nothing was written; --force replaces existing values"));
        }
        if !schema.exists() {
            files.push((schema, chart.schema().unwrap_or_default().to_owned()));
        }
        write_files(&files)?;
        Ok(files.into_iter().map(|(file, _)| file).collect())
    }

    /// The files of the service with this name. `schema` is the path of the schema, relative to them.
    fn texts(&self, name: &str, schema: &str) -> Result<[(&'static str, String); 2]> {
        let runs = match self.kind.as_str() {
            "Deployment" | "StatefulSet" => Runs::Replicas,
            "DaemonSet" => Runs::EveryNode,
            "CronJob" => Runs::Schedule,
            "Job" => Runs::Once,
            other => return Err(Error::new(ErrorKind::Usage, format!("{other:?} is not a kind of workload"))),
        };
        Ok([("values.yaml", self.common(name, schema, runs)?), ("prod-values.yaml", prod(schema, runs))])
    }

    fn common(&self, name: &str, schema: &str, runs: Runs) -> Result<String> {
        let image = Image::parse(self.image.as_deref().unwrap_or(&format!("registry.example/{name}")))?;
        let mut text = format!(
            "# yaml-language-server: $schema={}\n\
             # {}: values for all stacks. STACK-values.yaml has what differs in a stack; null removes an entry.\n\n\
             # The image. Its tag is `version`, which a pipeline sets: --set version=1.2.3\n",
            printable(schema),
            printable(name)
        );
        match &image.digest {
            Some(digest) => {
                let _ = write!(text, "image:\n  repository: {}\n  digest: {}\n", image.name, quoted(digest));
            }
            None => {
                let _ = write!(text, "image: {}\nversion: {}\n", image.name, quoted(&image.tag));
            }
        }
        if self.kind != "Deployment" {
            let _ = write!(text, "\n# Deployment, StatefulSet, DaemonSet, CronJob or Job.\nkind: {}\n", self.kind);
        }
        match runs {
            Runs::Schedule => text.push_str(
                "\n# Minute, hour, day of the month, month, day of the week.\n\
                 cron:\n  schedule: \"0 3 * * *\"\n  timeZone: Etc/UTC\n  concurrencyPolicy: Forbid\n",
            ),
            Runs::Once => text.push_str("\n# How many times a failed run is retried.\njob:\n  backoffLimit: 3\n"),
            Runs::Replicas | Runs::EveryNode => {
                let _ = write!(
                    text,
                    "\n# The ports of the container, by name. The Service has the same ports.\nports:\n  http: {}\n\n\
                     # readiness: when a pod gets requests; liveness: when it is restarted.\n\
                     probes:\n  readiness:\n    tcp: http\n  # liveness:\n  #   http: /healthz\n",
                    self.port
                );
            }
        }
        text.push_str(
            "\n# Environment variables. $(NAME) in a value refers to another variable. From a secret, or a field of the pod:\n\
             #   DB_PASSWORD: {secret: db-credentials, key: password}\n\
             #   POD_IP: {field: status.podIP}\n\
             env:\n  LOG_LEVEL: info\n\n\
             resources:\n  requests:\n    cpu: 100m\n    memory: 128Mi\n  limits:\n    memory: 256Mi\n",
        );
        if runs != Runs::Schedule && runs != Runs::Once {
            text.push_str(
                "\n# Files for the container:\n\
                 # configMaps:\n#   app:\n#     mountPath: /etc/app\n#     data:\n#       app.toml: |\n#         threads = 8\n\n\
                 # In an Istio mesh:\n\
                 # istioConfigVersion: v1\n# istio:\n#   hosts: [shop.example.com]\n#   gateway: public\n#   timeout: 5s\n",
            );
        }
        Ok(text)
    }
}

fn prod(schema: &str, runs: Runs) -> String {
    let mut text =
        format!("# yaml-language-server: $schema={}\n# What differs in prod: bake . --stack prod\n", printable(schema));
    match runs {
        Runs::Replicas => text.push_str(
            "replicas: 3\n\n# How many pods may be evicted at once when nodes are drained.\ndisruptionBudget:\n  maxUnavailable: 1\n\n\
             # Instead of a fixed number of pods:\n# replicas: null\n# autoscaling: {min: 3, max: 10, cpu: 70}\n\n",
        ),
        Runs::EveryNode | Runs::Schedule | Runs::Once => text.push('\n'),
    }
    text.push_str("env:\n  LOG_LEVEL: warn\n\nresources:\n  requests:\n    cpu: 500m\n");
    text
}

/// How the workload runs its pods.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    Replicas,
    EveryNode,
    Schedule,
    Once,
}

/// The parts of an image's name.
struct Image {
    name: String,
    tag: String,
    digest: Option<String>,
}

impl Image {
    fn parse(text: &str) -> Result<Image> {
        let wrong =
            || Error::new(ErrorKind::Usage, format!("{text:?} is not an image: use NAME, NAME:TAG or NAME@DIGEST"));
        let fits =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/:".contains(&b));
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        // a colon before the last slash belongs to the registry's port
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (rest, "0.1.0"),
        };
        let is_digest = digest.is_none_or(|digest| fits(digest) && digest.contains(':'));
        if !fits(name) || !fits(tag) || !is_digest {
            return Err(wrong());
        }
        // an unquoted word could be read as a number or a boolean
        let name = if name.contains('/') { name.to_owned() } else { quoted(name) };
        Ok(Image { name, tag: tag.to_owned(), digest: digest.map(str::to_owned) })
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// The name of the folder, which need not exist.
fn name(folder: &Path) -> Result<String> {
    let full = full_path(folder)?;
    Ok(full.file_name().map_or_else(|| "app".to_owned(), |name| name.to_string_lossy().into_owned()))
}

/// The nearest `values.schema.json` in a folder or above it.
fn nearest_schema(folder: &Path) -> Option<PathBuf> {
    let full = full_path(folder).ok()?;
    // the schema of a chart does not apply to the services beside it
    full.ancestors()
        .filter(|above| !above.join("Chart.yaml").is_file())
        .map(|above| above.join(SCHEMA))
        .find(|file| file.is_file())
}

/// The relative path from a folder to a file, with slashes.
///
/// Errors: the location of the folder cannot be determined.
fn relative(folder: &Path, file: &Path) -> Result<String> {
    let (from, to) = (full_path(folder)?, full_path(file)?);
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// An absolute path without `.` and `..`. The file need not exist.
fn full_path(path: &Path) -> Result<PathBuf> {
    let failed = |e| Error::io(path, e);
    let absolute = std::path::absolute(path).map_err(failed)?;
    let mut full = PathBuf::new();
    for part in absolute.components() {
        match part {
            Component::ParentDir => drop(full.pop()),
            Component::CurDir => {}
            part => full.push(part),
        }
        // links are resolved as far as the path exists
        if let Ok(real) = full.canonicalize() {
            full = real;
        }
    }
    Ok(full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_a_name_with_tag_or_digest() {
        for (text, want) in [
            ("a/b", Some(("a/b", "0.1.0", None))),
            ("host:5000/a/b", Some(("host:5000/a/b", "0.1.0", None))),
            ("host:5000/a/b:1.2", Some(("host:5000/a/b", "1.2", None))),
            ("a@sha256:abc", Some(("\"a\"", "0.1.0", Some("sha256:abc")))),
            ("a:1@sha256:abc", Some(("\"a\"", "1", Some("sha256:abc")))),
            ("a b", None),
            ("a:", None),
            ("a\"\nx: 1", None),
            ("", None),
        ] {
            let image = Image::parse(text).ok();
            let parts = image.as_ref().map(|i| (i.name.as_str(), i.tag.as_str(), i.digest.as_deref()));
            assert_eq!(parts, want, "{text:?}");
        }
    }

    #[test]
    fn a_way_leads_up_and_down() {
        for (folder, file, want) in [
            ("/no/a/b", "/no/a/b/x.json", "x.json"),
            ("/no/a/b", "/no/x.json", "../../x.json"),
            ("/no/a/b", "/no/c/x.json", "../../c/x.json"),
            ("/no/a/./b/../b", "/no/a/x.json", "../x.json"),
        ] {
            assert_eq!(relative(Path::new(folder), Path::new(file)).unwrap(), want);
        }
    }
}
