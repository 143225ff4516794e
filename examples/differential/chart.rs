//! Random charts: Chart.yaml and its variants, subcharts, schemas, files, CRDs, and the flags of a call.

use std::fmt::Write as _;

use crate::case::{Case, Texts};
use crate::random::Random;
use crate::template::Writer;
use crate::values::{KEYS, Tree, set_expression};

/// Makes the case of a seed. `size` is from 0 (one template) to 3.
pub(crate) fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let random = &mut random;
    let size = random.below(4);
    // most charts are sound; some have a few slips
    let mistakes = [0, 0, 0, 0, 2, 12][random.below(6)];
    let mut chart = Chart { size, mistakes, files: Texts::new() };
    let values = chart.add(random, "", "c", if size == 0 { 0 } else { size - 1 });
    let mut paths = Vec::new();
    values.paths(&[], &mut paths);
    let mut case = Case { files: chart.files, name: "rel".to_owned(), namespace: "ns".to_owned(), ..Case::default() };
    // as a walk over the folder finds them
    case.files.sort_by(|a, b| a.0.split('/').cmp(b.0.split('/')));
    for i in 0..random.below(3) {
        let text = if random.below(1000) < mistakes {
            random
                .pick(&[
                    "- list\n",
                    "a: [\n",
                    "a: b: c\n",
                    "text\n",
                    "",
                    "null\n",
                    "a: 1\n---\nb: 2\n",
                    "\ta: 1\n",
                    "a: *x\n",
                ])
                .to_owned()
        } else {
            values.over(random, 2, mistakes > 0).write(random)
        };
        case.values.push((format!("v{i}.yaml"), text));
    }
    for list in [&mut case.set, &mut case.set_string, &mut case.set_literal] {
        if random.percent(20) {
            let plain = random.below(1000) >= mistakes;
            let expression = set_expression(random, &paths, false, mistakes > 0);
            list.push(if plain {
                expression
            } else {
                expression.replace('=', random.pick(&["", "[=", "==", "[0]=", ".=", "[-1]=", "[x]=", ",="]))
            });
        }
    }
    if random.percent(15) {
        case.set_json.push(set_expression(random, &paths, true, mistakes > 0));
    }
    flags(random, &mut case);
    case
}

fn flags(random: &mut Random, case: &mut Case) {
    case.include_crds = random.percent(20);
    case.no_hooks = random.percent(8);
    case.skip_tests = random.percent(8);
    case.is_upgrade = random.percent(10);
    case.skip_schema = random.percent(5);
    if random.percent(8) {
        case.kube_version =
            random.pick(&["1.28.0", "v1.31.2", "1.20", "v1.30.0-gke.1", "bad", "1.33.1+k3s1"]).to_owned();
    }
    if random.percent(5) {
        case.api_versions.push(random.pick(&["x/v1", "monitoring.coreos.com/v1/ServiceMonitor"]).to_owned());
    }
    if random.percent(8) {
        let patterns = [
            "templates/t0.yaml",
            "templates/*.yaml",
            "templates/t1.yaml",
            "templates/none.yaml",
            "charts/sub0/templates/t0.yaml",
            "templates/t[01].yaml",
        ];
        case.show_only.push(random.pick(&patterns).to_owned());
    }
    if random.percent(2) {
        case.name = random
            .pick(&["UPPER", "a.b", "-x", "x_y", "a-rather-long-name-for-a-release-that-is-over-the-limit"])
            .to_owned();
    }
}

struct Chart {
    size: usize,
    mistakes: usize,
    files: Texts,
}

impl Chart {
    fn slips(&self, random: &mut Random) -> bool {
        random.below(1000) < self.mistakes
    }

    /// Adds a chart and the charts below it, `depth` deep; answers its values.
    fn add(&mut self, random: &mut Random, folder: &str, name: &str, depth: usize) -> Tree {
        let mut values = Tree::map(random, self.size.min(2) + 1);
        let children = if depth == 0 { 0 } else { random.below(3) };
        let (mut dependencies, mut below) = (String::new(), Vec::new());
        for i in 0..children {
            let child = format!("sub{i}");
            let tree = self.add(random, &format!("{folder}charts/{child}/"), &child, depth - 1);
            if random.percent(85) {
                let alias = self.dependency(random, &child, &mut dependencies);
                if let (Tree::Map(pairs), true) = (&mut values, random.percent(60)) {
                    pairs.retain(|(key, _)| *key != alias);
                    pairs.push((alias, tree.over(random, 1, self.mistakes > 0)));
                }
            }
            below.push(child);
        }
        if let (Tree::Map(pairs), true) = (&mut values, children > 0 && random.percent(30)) {
            pairs.retain(|(key, _)| key != "tags");
            let tag = |random: &mut Random| Tree::Scalar(random.pick(&["true", "false", "x", "null"]).to_owned());
            pairs.push((
                "tags".to_owned(),
                Tree::Map(vec![("front".to_owned(), tag(random)), ("back".to_owned(), tag(random))]),
            ));
        }
        if let (Tree::Map(pairs), true) = (&mut values, random.percent(25)) {
            pairs.push(("exports".to_owned(), Tree::Map(vec![("data".to_owned(), Tree::map(random, 1))])));
        }
        let library = !folder.is_empty() && random.percent(8);
        self.metadata(random, folder, name, library, &dependencies);
        if self.mistakes == 0 || random.percent(92) {
            let text = if self.slips(random) {
                random.pick(&["- x\n", "a: [\n", "", "null\n", "5\n"]).to_owned()
            } else {
                values.write(random)
            };
            self.files.push((format!("{folder}values.yaml"), text));
        }
        if random.percent(10) {
            self.files.push((format!("{folder}values.schema.json"), schema(random, &values)));
        }
        self.templates(random, folder, name, &values);
        self.extras(random, folder);
        values
    }

    fn metadata(&mut self, random: &mut Random, folder: &str, name: &str, library: bool, dependencies: &str) {
        let (old, slips) = (random.percent(12), self.slips(random));
        let mut text = format!(
            "apiVersion: {}\nname: {name}\nversion: {}\n",
            if old { "v1" } else { "v2" },
            random.pick(&["1.2.3", "0.1.0", "2.0.0-rc.1", "1.2.3+build"])
        );
        let mut line = |random: &mut Random, percent: u64, lines: &[&str]| {
            if random.percent(percent) {
                text.push_str(random.pick(lines));
                text.push('\n');
            }
        };
        line(
            random,
            50,
            &[
                "appVersion: 1.16.0",
                "appVersion: \"2\"",
                "appVersion: 1.10",
                "appVersion: v3",
                "appVersion: 1e3",
                "appVersion: latest",
            ],
        );
        line(
            random,
            20,
            &["description: A chart", "description: |\n  Two\n  lines", "description: 5", "description: \"a\\tb\""],
        );
        line(
            random,
            10,
            &[
                "kubeVersion: \">=1.20.0-0\"",
                "kubeVersion: \"<1.10\"",
                "kubeVersion: \">= 1.19 < 2\"",
                "kubeVersion: x",
            ],
        );
        line(random, 10, &["keywords: [a, b]", "keywords: [yes, 1]"]);
        line(random, 10, &["annotations: {a: b, c: \"1\"}", "annotations: {}", "annotations: {x: 5}"]);
        line(
            random,
            10,
            &["maintainers: [{name: A, email: a@b.c}]", "maintainers: []", "maintainers: [{name: B, url: http://x}]"],
        );
        line(
            random,
            5,
            &[
                "deprecated: true",
                "home: http://x.example",
                "icon: i.png",
                "sources: [http://s]",
                "tags: t",
                "condition: c",
                "unknown: 1",
            ],
        );
        line(
            random,
            if slips { 100 } else { 0 },
            &[
                "name: \"\"",
                "version: x",
                "type: odd",
                "keywords: x",
                "name: [a]",
                "dependencies: x",
                "apiVersion: 5",
                "version: 1",
                "a: [",
                "maintainers: [null]",
                "name: a/b",
            ],
        );
        if library {
            text.push_str("type: library\n");
        } else if random.percent(20) {
            text.push_str("type: application\n");
        }
        if !dependencies.is_empty() && old && random.percent(70) {
            self.files.push((format!("{folder}requirements.yaml"), format!("dependencies:\n{dependencies}")));
        } else if !dependencies.is_empty() {
            let _ = write!(text, "dependencies:\n{dependencies}");
        }
        self.files.push((format!("{folder}Chart.yaml"), text));
    }

    /// An entry of `dependencies`; answers the name under which the parent knows the chart.
    fn dependency(&mut self, random: &mut Random, child: &str, out: &mut String) -> String {
        let name = if self.slips(random) { "absent" } else { child };
        let version = random.pick(&["*", ">=0.0.0-0", "1.2.3", "^1", "~0.1", "x.x.x", ">=0.0.0-0", "*", ""]);
        let _ = writeln!(out, "- name: {name}\n  version: \"{version}\"\n  repository: http://r.example");
        if random.percent(30) {
            let _ = writeln!(
                out,
                "  condition: {}",
                random.pick(&[
                    "enabled",
                    "sub0.enabled",
                    "sub1.enabled,enabled",
                    "global.enabled",
                    "a.b,c",
                    "conf.enabled",
                    "none.at.all",
                    "x",
                    "image"
                ])
            );
        }
        if random.percent(20) {
            let _ = writeln!(out, "  tags: {}", random.pick(&["[front]", "[back]", "[front, back]", "[other]", "[]"]));
        }
        if random.percent(20) {
            let list = random.pick(&[
                "[data]",
                "[{child: conf, parent: imported}]",
                "[{child: a, parent: .}]",
                "[data, {child: exports.data, parent: x.y}]",
                "[none]",
                "[{child: none, parent: x}]",
                "[{child: conf}]",
                "[{child: conf.a, parent: a.b}]",
                "[{child: name, parent: n}]",
            ]);
            let _ = writeln!(out, "  import-values: {list}");
        }
        if random.percent(5) {
            let _ = writeln!(out, "  enabled: {}", random.pick(&["true", "false"]));
        }
        if random.percent(20) {
            let alias = random.pick(&["other", "conf", "a", "al-ias"]);
            let _ = writeln!(out, "  alias: {alias}");
            if random.percent(15) {
                // the same chart a second time
                let _ = writeln!(out, "- name: {name}\n  version: \"*\"\n  alias: twice");
            }
            return alias.to_owned();
        }
        child.to_owned()
    }

    fn templates(&mut self, random: &mut Random, folder: &str, name: &str, values: &Tree) {
        let mut paths = Vec::new();
        values.paths(&[], &mut paths);
        let mut names: Vec<String> = (0..random.below(4)).map(|i| format!("{name}.h{i}")).collect();
        if random.percent(10) {
            names.push("shared".to_owned());
        }
        let files = random.between(1, 1 + self.size);
        let mut writer = Writer::new(random, paths, Vec::new(), self.mistakes);
        if !names.is_empty() {
            let text = writer.helpers(&names);
            self.files.push((format!("{folder}templates/_helpers.tpl"), text));
        }
        for i in 0..files {
            let file = match writer.random.below(20) {
                0 => format!("{folder}templates/deep/t{i}.yaml"),
                1 => format!("{folder}templates/t{i}.txt"),
                2 => format!("{folder}templates/t{i}.json"),
                _ => format!("{folder}templates/t{i}.yaml"),
            };
            let text = writer.file();
            self.files.push((file, text));
        }
        if writer.random.percent(10) {
            let text = writer.file();
            self.files.push((format!("{folder}templates/NOTES.txt"), text));
        }
    }

    fn extras(&mut self, random: &mut Random, folder: &str) {
        if random.percent(20) {
            self.files.push((
                format!("{folder}files/a.txt"),
                random.pick(&["one\ntwo\n", "no newline", "", "\n\n", "crlf\r\nx"]).to_owned(),
            ));
            self.files.push((format!("{folder}files/b.json"), "{\"j\": [1, 2]}\n".to_owned()));
        }
        if random.percent(10) {
            let text = random.pick(&[
                "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: x\n",
                "# only\n",
                "a: 1\n---\nb: 2\n\n\n",
                "\n",
                "{{ not rendered }}\n",
            ]);
            self.files.push((
                format!("{folder}crds/{}", random.pick(&["x.yaml", "b/y.yml", "z.txt", "w.json"])),
                text.to_owned(),
            ));
        }
    }
}

/// A schema that knows some of the values.
fn schema(random: &mut Random, values: &Tree) -> String {
    let Tree::Map(pairs) = values else { return "{}".to_owned() };
    let mut properties = Vec::new();
    for (key, value) in pairs {
        if !KEYS.contains(&key.as_str()) || random.percent(40) {
            continue;
        }
        let own = match value {
            Tree::Map(_) => "object",
            Tree::List(_) => "array",
            Tree::Scalar(_) => random.pick(&["string", "string", "number", "integer", "boolean", "null"]),
        };
        let rule = random.pick(&[
            "",
            "",
            "",
            ", \"minLength\": 3",
            ", \"minimum\": 2",
            ", \"enum\": [\"x\", 1, null]",
            ", \"pattern\": \"^[a-z]+$\"",
            ", \"maxItems\": 1",
            ", \"additionalProperties\": false",
            ", \"minProperties\": 2",
            ", \"const\": 5",
            ", \"uniqueItems\": true",
            ", \"format\": \"uri\"",
        ]);
        properties.push(format!("\"{key}\": {{\"type\": \"{own}\"{rule}}}"));
    }
    let required =
        if random.percent(20) { format!(", \"required\": [\"{}\"]", random.pick(KEYS)) } else { String::new() };
    let closed = if random.percent(10) { ", \"additionalProperties\": false" } else { "" };
    let draft = random.pick(&[
        "",
        "\"$schema\": \"http://json-schema.org/draft-07/schema#\", ",
        "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", ",
    ]);
    format!("{{{draft}\"type\": \"object\", \"properties\": {{{}}}{required}{closed}}}", properties.join(", "))
}
