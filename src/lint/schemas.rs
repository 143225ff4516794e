//! JSON schemas of Kubernetes objects in folders with the layout of kubeconform.
//!
//! A folder contains `deployment-apps-v1.json` (`KIND-GROUP-VERSION`, with the first word of the group) or
//! `networking.istio.io/virtualservice_v1.json` (`GROUP/KIND_VERSION`), or folders with such files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use super::objects::Object;
use super::path;
use super::rule::RuleFindings;
use crate::error::{Error, ErrorKind, Result};
use crate::run::Run;
use crate::schema::Schema;

/// Group, version and kind of an object.
type Kind = (String, String, String);

/// The folders, and the schemas that were read from them.
#[derive(Debug, Default)]
pub(super) struct Schemas {
    folders: Vec<PathBuf>,
    known: Mutex<BTreeMap<Kind, Option<Arc<Schema>>>>,
    documents: Mutex<BTreeMap<PathBuf, Arc<Json>>>,
}

impl Schemas {
    /// Adds a folder and the folders in it.
    ///
    /// Errors: the folder cannot be read.
    pub(super) fn add(&mut self, folder: &Path) -> Result<()> {
        self.folders.push(folder.to_owned());
        let failed = |e: std::io::Error| Error::io(folder, e);
        let mut inner = Vec::new();
        #[allow(clippy::disallowed_methods)] // the schemas are files that the user names
        for entry in fs::read_dir(folder).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.is_dir() {
                inner.push(path);
            }
        }
        inner.sort();
        self.folders.extend(inner);
        Ok(())
    }

    /// Validates an object. An object without a schema passes.
    ///
    /// Errors: a schema cannot be read or compiled.
    pub(super) fn check(&self, object: &Object, run: &Run, found: &mut RuleFindings<'_>) -> Result<()> {
        let Some(schema) = self.schema(object, run)? else { return Ok(()) };
        for problem in schema.problems(&object.node.to_value(0), run)? {
            let place = path::steps(&problem.path);
            let subject = if place.is_empty() { &object.kind } else { &place };
            let message =
                if problem.unknown { problem.message.clone() } else { format!("{subject}: {}", problem.message) };
            let mut note = found.on(object, place, message);
            if let Some(last) = problem.path.iter().rev().find(|step| !step.bytes().all(|b| b.is_ascii_digit())) {
                for start in ["podSpec", "containerSpec", "service", "istio", "extraObjects"] {
                    note = note.values_text(&[start], last);
                }
            }
            if let Some(meant) = problem.meant {
                note.fix(format!("did you mean {meant:?}?"));
            }
        }
        Ok(())
    }

    fn schema(&self, object: &Object, run: &Run) -> Result<Option<Arc<Schema>>> {
        let key = (object.group.clone(), object.version.clone(), object.kind.clone());
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(known.clone());
        }
        let schema = match self.file(object) {
            Some(file) => {
                let text = self.bundle(&file, run)?.into();
                let run = Run::new(run.limits.clone().with(|l| l.schema_steps = u64::MAX));
                Some(Arc::new(
                    Schema::compile(&text, &run).map_err(|e| e.with_prefix(&format!("{}: ", file.display())))?,
                ))
            }
            None => None,
        };
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, schema.clone());
        Ok(schema)
    }

    /// The file for the kind of an object.
    fn file(&self, object: &Object) -> Option<PathBuf> {
        let is_name = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
        let kind = object.kind.to_ascii_lowercase();
        let (group, version) = (&object.group, &object.version);
        if kind.is_empty() || version.is_empty() || ![&kind, group, version].into_iter().all(|text| is_name(text)) {
            return None;
        }
        let plain = match group.split('.').next() {
            None | Some("") => format!("{kind}-{version}.json"),
            Some(first) => format!("{kind}-{first}-{version}.json"),
        };
        let by_group = Path::new(group).join(format!("{kind}_{version}.json"));
        self.folders.iter().flat_map(|folder| [folder.join(&by_group), folder.join(&plain)]).find(|file| file.is_file())
    }

    /// The text of a schema, together with everything that it refers to in files beside it.
    fn bundle(&self, file: &Path, run: &Run) -> Result<Vec<u8>> {
        let mut bundle = Bundle { schemas: self, run, names: Vec::new(), pending: Vec::new() };
        let mut root = Json::clone(&*self.document(file, run)?);
        bundle.rewrite(&mut root, file, true);
        let mut parts = serde_json::Map::new();
        while let Some((name, file, pointer)) = bundle.pending.pop() {
            let document = self.document(&file, run)?;
            let Some(part) = document.pointer(&pointer) else {
                let message = format!("{}: {pointer:?} does not exist", file.display());
                return Err(Error::new(ErrorKind::Schema, message));
            };
            let mut part = part.clone();
            bundle.rewrite(&mut part, &file, false);
            parts.insert(name, part);
        }
        if let Some(map) = root.as_object_mut()
            && !parts.is_empty()
        {
            map.insert(PARTS.to_owned(), Json::Object(parts));
        }
        serde_json::to_vec(&root).map_err(|e| Error::new(ErrorKind::Schema, e.to_string()))
    }

    fn document(&self, file: &Path, run: &Run) -> Result<Arc<Json>> {
        if let Some(known) = self.documents.lock().unwrap_or_else(PoisonError::into_inner).get(file) {
            return Ok(Arc::clone(known));
        }
        let failed = |text: String| Error::new(ErrorKind::Schema, format!("{}: {text}", file.display()));
        let data = fs::metadata(file).map_err(|e| failed(e.to_string()))?;
        // reading a pipe could block forever
        if !data.is_file() {
            return Err(failed("it is not a regular file".to_owned()));
        }
        if data.len() > run.limits.chart_bytes {
            return Err(Error::limit_reached("chart-bytes", format!("{} is too large", file.display())));
        }
        #[allow(clippy::disallowed_methods)] // the schemas are files that the user names
        let text = fs::read(file).map_err(|e| failed(e.to_string()))?;
        let document = Arc::new(serde_json::from_slice(&text).map_err(|e| failed(e.to_string()))?);
        self.documents.lock().unwrap_or_else(PoisonError::into_inner).insert(file.to_owned(), Arc::clone(&document));
        Ok(document)
    }
}

/// The key for parts from other files. It is not a keyword of JSON Schema.
const PARTS: &str = "x-bake-parts";

struct Bundle<'s> {
    schemas: &'s Schemas,
    run: &'s Run,
    names: Vec<(PathBuf, String)>,
    pending: Vec<(String, PathBuf, String)>,
}

impl Bundle<'_> {
    /// Makes references to other files point into the bundle. References within the root are kept.
    fn rewrite(&mut self, schema: &mut Json, file: &Path, is_root: bool) {
        match schema {
            Json::Array(items) => items.iter_mut().for_each(|item| self.rewrite(item, file, is_root)),
            Json::Object(map) => {
                for (key, value) in map.iter_mut() {
                    match value {
                        Json::String(target) if key == "$ref" => {
                            if let Some(new) = self.target(target, file, is_root) {
                                *target = new;
                            }
                        }
                        _ => self.rewrite(value, file, is_root),
                    }
                }
            }
            _ => {}
        }
    }

    fn target(&mut self, target: &str, file: &Path, is_root: bool) -> Option<String> {
        let (name, pointer) = target.split_once('#').unwrap_or((target, ""));
        if name.is_empty() && is_root {
            return None;
        }
        // only files of the same folder: a schema cannot lead elsewhere
        if name.contains(['/', '\\', ':']) || name == ".." {
            return None;
        }
        let file = if name.is_empty() { file.to_owned() } else { file.with_file_name(name) };
        if !is_readable(self.schemas, &file, self.run) {
            return None;
        }
        let key = (file, pointer.to_owned());
        let at = self.names.iter().position(|known| *known == key).unwrap_or_else(|| {
            self.names.push(key.clone());
            self.pending.push(((self.names.len() - 1).to_string(), key.0, key.1));
            self.names.len() - 1
        });
        Some(format!("#/{PARTS}/{at}"))
    }
}

fn is_readable(schemas: &Schemas, file: &Path, run: &Run) -> bool {
    schemas.document(file, run).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::objects::Release;
    use crate::lint::rules::KUBERNETES_SCHEMA;

    #[test]
    fn a_schema_is_found_in_either_layout_and_may_refer_to_files_beside_it() {
        let folder = std::env::temp_dir().join(format!("bake-schemas-{}", std::process::id()));
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("k8s/service-v1.json", r#"{"properties": {"spec": {"$ref": "_definitions.json#/$defs/Spec"}}}"#);
        write(
            "k8s/_definitions.json",
            r##"{"$defs": {"Spec": {"type": "object", "additionalProperties": false,
                "properties": {"ports": {"items": {"$ref": "#/$defs/Port"}}, "next": {"$ref": "#/$defs/Spec"}}},
                "Port": {"properties": {"port": {"type": "integer"}}}}}"##,
        );
        write("crds/example.com/thing_v1.json", r#"{"required": ["spec"]}"#);
        let mut schemas = Schemas::default();
        schemas.add(&folder).unwrap();
        let check = |text: &str| {
            let mut release = Release::default();
            release.add(crate::yaml::read(text.as_bytes(), &Run::default()).unwrap());
            let mut raw = Vec::new();
            for object in &release.objects {
                schemas.check(object, &Run::default(), &mut RuleFindings::new(&KUBERNETES_SCHEMA, &mut raw)).unwrap();
            }
            raw.into_iter().map(|raw| raw.message).collect::<Vec<_>>()
        };
        let rows: [(&str, &[&str]); 5] = [
            ("{apiVersion: v1, kind: Service, spec: {ports: [{port: 80}]}}", &[]),
            (
                "{apiVersion: v1, kind: Service, spec: {next: {ports: [{port: x}]}}}",
                &["spec.next.ports[0].port: got string, want integer"],
            ),
            ("{apiVersion: v1, kind: Service, spec: {port: 1}}", &["there is no key \"port\" here"]),
            ("{apiVersion: example.com/v1, kind: Thing}", &["Thing: missing property 'spec'"]),
            ("{apiVersion: example.com/v2, kind: Thing}", &[]),
        ];
        let found: Vec<_> = rows.iter().map(|(text, _)| check(text)).collect();
        fs::remove_dir_all(&folder).unwrap();
        for ((text, want), found) in rows.iter().zip(found) {
            assert_eq!(found, *want, "{text}");
        }
    }
}
