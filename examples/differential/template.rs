//! Random templates: manifests whose values are expressions, blocks around them, definitions, and the usual mistakes.

use std::fmt::Write as _;

use crate::random::Random;
use crate::values::KEYS;

/// A function, the kinds of its arguments and of its result: s text, i int, g number, F float, b bool, l list, d map, a anything,
/// r regular expression, v version, j JSON, y YAML, o TOML, k key, w few (a small count), T time, p path, u URL, q mixed
/// number or text.
const FUNCTIONS: &[(&str, &str, char)] = &[
    ("upper", "s", 's'),
    ("lower", "s", 's'),
    ("title", "s", 's'),
    ("untitle", "s", 's'),
    ("trim", "s", 's'),
    ("trimAll", "ss", 's'),
    ("trimPrefix", "ss", 's'),
    ("trimSuffix", "ss", 's'),
    ("nospace", "s", 's'),
    ("swapcase", "s", 's'),
    ("camelcase", "s", 's'),
    ("kebabcase", "s", 's'),
    ("snakecase", "s", 's'),
    ("initials", "s", 's'),
    ("quote", "a", 's'),
    ("squote", "a", 's'),
    ("quote", "aa", 's'),
    ("replace", "sss", 's'),
    ("trunc", "is", 's'),
    ("substr", "iis", 's'),
    ("abbrev", "is", 's'),
    ("abbrevboth", "iis", 's'),
    ("wrap", "is", 's'),
    ("wrapWith", "iss", 's'),
    ("repeat", "ws", 's'),
    ("indent", "ws", 's'),
    ("nindent", "ws", 's'),
    ("cat", "aa", 's'),
    ("contains", "ss", 'b'),
    ("hasPrefix", "ss", 'b'),
    ("hasSuffix", "ss", 'b'),
    ("plural", "ssi", 's'),
    ("toString", "a", 's'),
    ("print", "aa", 's'),
    ("println", "a", 's'),
    ("b64enc", "s", 's'),
    ("b64dec", "s", 's'),
    ("b32enc", "s", 's'),
    ("sha256sum", "s", 's'),
    ("sha1sum", "s", 's'),
    ("adler32sum", "s", 's'),
    ("html", "s", 's'),
    ("js", "s", 's'),
    ("urlquery", "s", 's'),
    ("join", "sl", 's'),
    ("join", "sa", 's'),
    ("splitList", "ss", 'l'),
    ("split", "ss", 'M'),
    ("splitn", "sws", 'M'),
    ("toStrings", "a", 'l'),
    ("sortAlpha", "l", 'l'),
    ("add", "gg", 'g'),
    ("add", "qq", 'g'),
    ("add1", "q", 'g'),
    ("sub", "gg", 'g'),
    ("mul", "gg", 'g'),
    ("div", "gg", 'g'),
    ("mod", "gg", 'g'),
    ("max", "gg", 'g'),
    ("min", "gg", 'g'),
    ("addf", "gg", 'g'),
    ("subf", "gg", 'g'),
    ("mulf", "gg", 'g'),
    ("divf", "gg", 'g'),
    ("maxf", "gg", 'g'),
    ("minf", "gg", 'g'),
    ("add1f", "g", 'g'),
    ("round", "gw", 'F'),
    ("floor", "g", 'F'),
    ("ceil", "g", 'F'),
    ("int", "q", 'i'),
    ("int64", "q", 'g'),
    ("float64", "q", 'F'),
    ("atoi", "s", 'i'),
    ("toDecimal", "q", 'g'),
    ("len", "s", 'i'),
    ("len", "l", 'i'),
    ("len", "d", 'i'),
    ("seq", "w", 's'),
    ("until", "w", 'l'),
    ("untilStep", "www", 'l'),
    ("eq", "ii", 'b'),
    ("eq", "aa", 'B'),
    ("ne", "ss", 'b'),
    ("eq", "ss", 'b'),
    ("lt", "ii", 'b'),
    ("gt", "FF", 'b'),
    ("le", "ss", 'b'),
    ("ge", "ii", 'b'),
    ("and", "aa", 'a'),
    ("or", "aa", 'a'),
    ("not", "a", 'b'),
    ("empty", "a", 'b'),
    ("default", "aa", 'a'),
    ("default", "ss", 's'),
    ("coalesce", "aaa", 'a'),
    ("ternary", "ssb", 's'),
    ("all", "aa", 'b'),
    ("any", "aa", 'b'),
    ("kindOf", "a", 's'),
    ("typeOf", "a", 's'),
    ("kindIs", "sa", 'b'),
    ("typeIs", "sa", 'b'),
    ("typeIsLike", "sa", 'b'),
    ("deepEqual", "aa", 'b'),
    ("list", "aaa", 'l'),
    ("list", "ss", 'l'),
    ("list", "", 'l'),
    ("tuple", "as", 'l'),
    ("first", "l", 'a'),
    ("last", "l", 'a'),
    ("rest", "l", 'l'),
    ("initial", "l", 'l'),
    ("append", "la", 'l'),
    ("prepend", "la", 'l'),
    ("concat", "ll", 'l'),
    ("reverse", "l", 'l'),
    ("uniq", "l", 'l'),
    ("without", "la", 'l'),
    ("has", "al", 'b'),
    ("compact", "l", 'l'),
    ("slice", "Lww", 'l'),
    ("slice", "Lw", 'l'),
    ("chunk", "wl", 'l'),
    ("index", "lw", 'a'),
    ("mustFirst", "l", 'a'),
    ("mustUniq", "l", 'l'),
    ("mustSlice", "Lw", 'l'),
    ("dict", "ka", 'd'),
    ("dict", "kaka", 'd'),
    ("dict", "", 'd'),
    ("get", "dk", 'a'),
    ("hasKey", "dk", 'b'),
    ("pick", "dk", 'd'),
    ("omit", "dkk", 'd'),
    ("pluck", "kdd", 'l'),
    ("dig", "kad", 'a'),
    ("dig", "kkad", 'a'),
    ("index", "dk", 'a'),
    ("deepCopy", "d", 'd'),
    ("keys", "d", 'K'),
    ("toJson", "a", 's'),
    ("toPrettyJson", "a", 's'),
    ("toRawJson", "a", 's'),
    ("toYaml", "a", 's'),
    ("toYamlPretty", "a", 's'),
    ("toToml", "d", 's'),
    ("fromJson", "j", 'd'),
    ("fromYaml", "y", 'd'),
    ("fromYamlArray", "y", 'l'),
    ("fromJsonArray", "j", 'l'),
    ("fromToml", "o", 'd'),
    ("mustToJson", "a", 's'),
    ("mustFromJson", "j", 'a'),
    ("regexMatch", "rs", 'b'),
    ("regexFind", "rs", 's'),
    ("regexFindAll", "rsi", 'l'),
    ("regexReplaceAll", "rss", 's'),
    ("regexReplaceAllLiteral", "rss", 's'),
    ("regexSplit", "rsi", 'l'),
    ("regexQuoteMeta", "s", 's'),
    ("mustRegexMatch", "rs", 'b'),
    ("mustRegexReplaceAll", "rss", 's'),
    ("semverCompare", "cv", 'b'),
    ("semver", "v", 'V'),
    ("base", "p", 's'),
    ("dir", "p", 's'),
    ("clean", "p", 's'),
    ("ext", "p", 's'),
    ("isAbs", "p", 'b'),
    ("osBase", "p", 's'),
    ("urlParse", "u", 'd'),
    ("urlJoin", "d", 's'),
    ("toDate", "ts", 'T'),
    ("date", "tT", 's'),
    ("dateInZone", "tTz", 's'),
    ("htmlDate", "T", 's'),
    ("unixEpoch", "U", 's'),
    ("duration", "q", 's'),
    ("durationRound", "q", 's'),
    ("lookup", "ssss", 'd'),
    ("getHostByName", "s", 's'),
    ("hello", "", 's'),
    ("merge", "Dd", 'd'),
    ("mergeOverwrite", "Dd", 'd'),
    ("mustMerge", "Ddd", 'd'),
    ("set", "Dks", 'd'),
    ("unset", "Dk", 'd'),
    ("biggest", "gg", 'g'),
    ("sha512sum", "s", 's'),
    ("b32dec", "s", 's'),
    ("trimall", "ss", 's'),
    ("substr", "iis", 's'),
];

/// Functions whose answer depends on more than their arguments when these have a wrong type.
const STRICT: &[&str] =
    &["date", "dateInZone", "htmlDate", "unixEpoch", "set", "unset", "merge", "mergeOverwrite", "mustMerge"];

/// Functions that refuse many values of the right kind.
const RISKY: &[&str] = &[
    "index",
    "slice",
    "mustSlice",
    "dig",
    "atoi",
    "mustFirst",
    "mustFromJson",
    "toDecimal",
    "mod",
    "div",
    "semver",
    "semverCompare",
    "urlParse",
    "urlJoin",
    "regexSplit",
    "chunk",
    "duration",
    "substr",
    "sortAlpha",
    "date",
    "dateInZone",
    "uniq",
    "without",
    "has",
];

const TEXTS: &[&str] = &[
    r#""""#,
    r#""x""#,
    r#""hello world""#,
    r#""Hello, World 1.5""#,
    r#""a-b_c.d""#,
    r#""  padded  ""#,
    r#""é日本\U0001F600""#,
    r#""line\nbreak""#,
    r#""true""#,
    r#""5""#,
    r#""0x1F""#,
    r#""1e3""#,
    r#""a,b,,c""#,
    r#""{{ .Values.a }}""#,
    r#""{{ .Release.Name | upper }}""#,
    "`raw \"text\"\\n`",
    r#""a: b""#,
    r#""- x""#,
    "\"# c\"",
    r#""<tag a='b'>&amp;""#,
    r#""%s %d""#,
    r#""aGVsbG8=""#,
    r#""\x00\xff""#,
    r#""null""#,
    r#""~""#,
    r#""tab\there""#,
    r#""CamelCaseWord""#,
    r#""a/b/../c.tar.gz""#,
    r#""some longer text, that runs over the usual eighty columns so that a writer of YAML has to fold it""#,
    r#""1,234""#,
    r#""-7.25""#,
    r#""010""#,
    r#""'""#,
    r#""\"q\"""#,
    r#"" ""#,
    r#""\n""#,
    r#""a\r\nb""#,
    r#""$1-${2}""#,
];
const INTS: &[&str] =
    &["0", "1", "2", "3", "-1", "7", "10", "100", "-42", "0x1F", "1_000", "'a'", "0b11", "9223372036854775807", "010"];
const FLOATS: &[&str] = &["1.5", "0.1", "-2.5", "1e3", "3.0", "1e21", "6.02e-7", "0.5", "123456.789"];
const REGEXES: &[&str] = &[
    r#""[a-z]+""#,
    r#""^a""#,
    r#""(\\w+)-(\\w+)""#,
    r#""\\d""#,
    r#""""#,
    r#""b*""#,
    r#""(?i)HELLO""#,
    r#""[^a-zA-Z0-9]""#,
    r#""(""#,
    r#""a{2,}""#,
    r#""\\s+""#,
    "`^v?\\d+\\.`",
    r#""(?P<x>.)""#,
    r#"".*""#,
    r#""\\b""#,
    r#""[[:alpha:]]$""#,
    r#""x|y|""#,
    r#""é""#,
];
const FORMATS: &[(&str, &str)] = &[
    ("%s", "s"),
    ("%d", "i"),
    ("%v", "a"),
    ("%q", "s"),
    ("%s-%s", "ss"),
    ("%05d", "i"),
    ("%x", "s"),
    ("%.2f", "F"),
    ("%t", "b"),
    ("%T", "a"),
    ("%-8s|", "s"),
    ("%+v", "a"),
    ("%#v", "a"),
    ("%%", ""),
    ("%s", "a"),
    ("%d", "a"),
    ("%s", ""),
    ("", "s"),
    ("%8.3s|", "s"),
    ("%e", "F"),
    ("%g", "F"),
    ("%c", "i"),
    ("%U", "i"),
    ("%b", "i"),
    ("%o", "i"),
    ("%X", "i"),
    ("%6.2f", "F"),
    ("%[2]s %[1]s", "ss"),
    ("%*d", "wi"),
    ("%z", "a"),
    ("%v %v", "aa"),
    ("%q", "a"),
    ("%x", "a"),
    ("% d", "i"),
    ("%+d", "i"),
    ("%#x", "i"),
];
const VERSIONS: &[&str] = &[
    r#""1.2.3""#,
    r#""v1.19.0""#,
    r#""1.20""#,
    r#""2.0.0-rc.1""#,
    r#""1""#,
    r#""bad""#,
    ".Capabilities.KubeVersion.Version",
    ".Chart.Version",
];
const CONSTRAINTS: &[&str] = &[
    r#"">=1.0.0""#,
    r#""^1.2""#,
    r#""~1.19.0""#,
    r#"">= 1.19-0""#,
    r#""1.x""#,
    r#""<2 || >3""#,
    r#""1.2 - 1.5""#,
    r#""!=1.2.3""#,
    r#""*""#,
    r#""x y""#,
];
const JSONS: &[&str] = &[
    r#""{\"a\":1,\"b\":[1,\"x\",null]}""#,
    r#""[1,2,{\"c\":true}]""#,
    r#""{""#,
    r#""null""#,
    r#""5""#,
    "`{\"k\":{\"n\":1.5}}`",
    "(toJson .Values)",
];
const YAMLS: &[&str] = &[
    r#""a: 1\nb: [x, y]""#,
    r#""- 1\n- two""#,
    r#""a: [""#,
    r#""""#,
    "(toYaml .Values)",
    r#""a: {b: 010, c: yes}""#,
    r#""text""#,
];
const TOMLS: &[&str] = &[
    r#""a = 1\n[b]\nc = \"x\"""#,
    r#""x = [1, 2.5]""#,
    r#""bad""#,
    r#""d = \"2020-01-02\"\n[[t]]\nk = true""#,
    "(toToml .Values)",
];
const LAYOUTS: &[&str] = &[
    r#""2006-01-02""#,
    r#""2006-01-02T15:04:05Z07:00""#,
    r#""Jan 2, 2006 at 3:04pm (MST)""#,
    r#""Mon 02/01/06 .000""#,
    r#""""#,
];
const DATES: &[&str] =
    &[r#"(toDate "2006-01-02" "2020-02-29")"#, r#"(toDate "2006-01-02 15:04" "1999-12-31 23:59")"#, "0", "1700000000"];
const ZONES: &[&str] = &[r#""UTC""#, r#""Europe/Berlin""#, r#""Asia/Seoul""#, r#""Nowhere""#];
const PATHS: &[&str] = &[r#""/a/b/c.txt""#, r#""a/../b""#, r#"".""#, r#""""#, r#""/""#, r#""x.tar.gz""#, r#""../..""#];
const URLS: &[&str] = &[
    r#""http://user:pw@host.example:8080/p/a?q=1&r=2#frag""#,
    r#""mailto:x@y""#,
    r#""/rel?x""#,
    r#""%zz""#,
    r#""http://[::1]:80""#,
];
const ROOTS: &[&str] = &[
    ".Release.Name",
    ".Release.Namespace",
    ".Release.Service",
    ".Chart.Name",
    ".Chart.Version",
    ".Chart.AppVersion",
    ".Template.Name",
    ".Template.BasePath",
    ".Capabilities.KubeVersion",
    ".Release.Revision",
    ".Release.IsUpgrade",
    ".Chart.Type",
    ".Chart.Keywords",
    ".Chart.Annotations",
    ".Chart.Home",
    ".Capabilities.KubeVersion.Minor",
    ".Capabilities.HelmVersion.Version",
    ".Chart.IsRoot",
    ".Chart.Deprecated",
    ".Chart.KubeVersion",
    ".Chart.APIVersion",
    ".Chart.Description",
    ".Subcharts",
];
const KINDS: &[&str] = &[
    "ConfigMap",
    "Secret",
    "Service",
    "Deployment",
    "Namespace",
    "Job",
    "Pod",
    "Ingress",
    "ServiceAccount",
    "Role",
    "ClusterRole",
    "Widget",
    "CronJob",
    "CustomResourceDefinition",
    "PodDisruptionBudget",
    "APIService",
    "List",
    "NetworkPolicy",
    "StorageClass",
];
const HOOKS: &[&str] = &[
    "pre-install",
    "post-install",
    "pre-upgrade,post-upgrade",
    "test",
    "test-success",
    "pre-delete, pre-rollback",
    "post-delete",
    "bogus",
    "crd-install",
    "",
    "pre-install,bogus",
];

/// Writes the templates of one chart.
pub(crate) struct Writer<'r> {
    pub(crate) random: &'r mut Random,
    /// What `.Values` has, and a letter for each.
    pub(crate) paths: Vec<(Vec<String>, char)>,
    /// Names of what is defined somewhere.
    pub(crate) definitions: Vec<String>,
    /// How much goes wrong: so many of a thousand.
    pub(crate) mistakes: usize,
    variables: Vec<(String, char)>,
    /// Whether dot is the chart's own.
    at_root: bool,
    /// Whether values are brought to the kind that a function wants, so that most charts render.
    careful: bool,
}

impl<'r> Writer<'r> {
    pub(crate) fn new(
        random: &'r mut Random,
        paths: Vec<(Vec<String>, char)>,
        definitions: Vec<String>,
        mistakes: usize,
    ) -> Self {
        Writer { random, paths, definitions, mistakes, variables: Vec::new(), careful: mistakes == 0, at_root: true }
    }

    fn slips(&mut self) -> bool {
        self.random.below(1000) < self.mistakes
    }

    /// The file of a template: documents one after another.
    pub(crate) fn file(&mut self) -> String {
        let mut out = String::new();
        if self.random.percent(10) {
            out.push_str(self.random.pick(&[
                "{{/* a comment */}}\n",
                "{{- /* trimmed */ -}}\n",
                "# plain\n",
                "\n\n",
                "---\n",
                "{{- $top := . -}}\n",
            ]));
        }
        for i in 0..self.random.between(1, 3) {
            if i > 0 {
                out.push_str(self.random.pick(&["---\n", "\n---\n", "--- \n", "---\n# next\n", "---\n---\n"]));
            }
            self.variables.clear();
            match self.random.below(12) {
                0 => self.block("if", &mut out, |w, out| w.document(out)),
                1 => {
                    let _ = writeln!(out, "{{{{- range $i, $e := {} }}}}\n---", self.expression('l', 2));
                    self.at_root = false;
                    self.scoped(&[("$i", 'i'), ("$e", 'a')], |w| w.document(&mut out));
                    self.at_root = true;
                    out.push_str("{{- end }}\n");
                }
                2 => {
                    let text = self.include(|name| format!("{{{{ include {name} . }}}}"));
                    let _ = writeln!(out, "{text}");
                }
                _ => self.document(&mut out),
            }
        }
        if self.slips() {
            out.push_str(self.random.pick(&[
                "{{ end }}\n",
                "{{ if }}\n",
                "{{ .a | }}\n",
                "{{ nope 1 }}\n",
                "{{ \"x }}\n",
                "{{ range . }}\n",
                "{{ $u }}\n",
                "{{ template }}\n",
                "{{ define \"x\" }}\n",
                "{{ 1 | 2 }}\n",
                "{{ else }}\n",
                "{{ (.a }}\n",
                "{{ .a..b }}\n",
                "{{ \"\\q\" }}\n",
                "{{ break }}\n",
                "{{ 1a }}\n",
                "{{",
                "{{/* open\n",
                "{{-}}\n",
                "{{ .Values.a.b.c.d.e }}\n",
                "{{ nil }}\n",
                "{{ block \"b\" }}{{ end }}\n",
                "{{ with $x := 1, 2 }}{{ end }}\n",
                "a: b: c\n",
                "a: [\n",
                "\tx: 1\n",
                "- a\nb: c\n",
                "kind: [x]\n",
                "metadata: text\n",
                "%bad\n",
                "x: *missing\n",
                "'open\n",
                "{a: b}: c\n",
            ]));
        }
        out
    }

    /// One document: a head and a body of expressions.
    fn document(&mut self, out: &mut String) {
        let kind = self.random.pick(KINDS);
        let _ = writeln!(out, "apiVersion: v{}\nkind: {kind}\nmetadata:", self.random.between(1, 2));
        let name = self.expression('s', 1);
        match self.random.below(4) {
            0 => drop(writeln!(out, "  name: {{{{ {name} | quote }}}}")),
            1 => drop(writeln!(out, "  name: {{{{ $.Release.Name }}}}-x")),
            _ => drop(writeln!(out, "  name: n{}", self.random.below(100))),
        }
        if self.random.percent(15) {
            let hook = self.random.pick(HOOKS);
            let _ = writeln!(out, "  annotations:\n    \"helm.sh/hook\": {hook}");
            if self.random.percent(50) {
                let weight = self.random.pick(&["\"1\"", "\"-5\"", "3", "\"x\"", "\"010\""]);
                let _ = writeln!(out, "    \"helm.sh/hook-weight\": {weight}");
            }
            if self.random.percent(30) {
                out.push_str("    helm.sh/hook-delete-policy: before-hook-creation, hook-succeeded\n");
            }
        }
        let section = self.random.pick(&["data", "spec", "stringData"]);
        let _ = writeln!(out, "{section}:");
        for _ in 0..self.random.between(1, 5) {
            self.entry(out, 2, 2);
        }
    }

    /// A line of a map, or a block around some.
    fn entry(&mut self, out: &mut String, indent: usize, depth: usize) {
        let pad = " ".repeat(indent);
        let key = format!("k{}", self.random.below(1000));
        let deeper = indent + 2;
        match self.random.below(if depth == 0 { 14 } else { 24 }) {
            0..=2 => drop(writeln!(out, "{pad}{key}: {{{{ {} | quote }}}}", self.pipeline('s', 3))),
            3 => drop(writeln!(out, "{pad}{key}: {{{{ {} }}}}", self.pipeline('i', 2))),
            4 | 5 => drop(writeln!(out, "{pad}{key}: {{{{ {} | toJson }}}}", self.pipeline('a', 3))),
            6 | 7 => {
                let _ = writeln!(out, "{pad}{key}: {{{{- {} | toYaml | nindent {deeper} }}}}", self.pipeline('a', 2));
            }
            8 => drop(writeln!(out, "{pad}{key}: |-\n{{{{ {} | indent {deeper} }}}}", self.pipeline('s', 2))),
            9 => drop(writeln!(out, "{pad}# {{{{ {} | quote }}}}", self.pipeline('s', 1))),
            10 if self.careful => drop(writeln!(out, "{pad}{key}: {{{{ {} | toJson }}}}", self.pipeline('a', 3))),
            10 => drop(writeln!(out, "{pad}{key}: {{{{ {} }}}}", self.pipeline('a', 2))),
            11 => self.variable(out, &pad),
            12 => drop(writeln!(out, "{pad}{key}: {{{{ {} }}}}{{{{/* c */}}}}", self.pipeline('b', 2))),
            13 => self.special(out, &pad, &key, deeper),
            14..=16 => self.block("if", out, |w, out| w.entry(out, indent, depth - 1)),
            17 => {
                let at_root = self.at_root;
                let kind = if self.random.percent(70) { 'd' } else { 'a' };
                let of = self.expression(kind, 1);
                let _ = writeln!(out, "{pad}{{{{- with {of} }}}}");
                self.at_root = false;
                self.entry(out, indent, depth - 1);
                self.at_root = at_root;
                let _ = writeln!(
                    out,
                    "{pad}{}",
                    if self.random.percent(20) { "{{- else }}\n  none: 1\n{{- end }}" } else { "{{- end }}" }
                );
            }
            18 | 19 => {
                let form = self.random.below(3);
                let (of, letter) = match self.random.below(4) {
                    0 => (self.expression('d', 1), 's'),
                    1 => (format!("until {}", self.random.below(4)), 'i'),
                    2 if form > 0 => (self.expression('w', 0), 'i'),
                    _ => (self.expression('l', 1), 'i'),
                };
                let head = ["$k, $v := ", "$v := ", ""][form];
                let _ = writeln!(out, "{pad}{{{{- range {head}{of} }}}}");
                let both = [("$k", letter), ("$v", 'a')];
                let names = &both[form..];
                let at_root = self.at_root;
                self.at_root = false;
                self.scoped(names, |w| {
                    w.entry(out, indent, depth - 1);
                    if w.random.percent(12) {
                        let _ = writeln!(
                            out,
                            "{pad}{{{{- if {} }}}}{{{{ {} }}}}{{{{ end }}}}",
                            w.expression('b', 1),
                            w.random.pick(&["break", "continue"])
                        );
                    }
                });
                self.at_root = at_root;
                let _ = writeln!(
                    out,
                    "{pad}{}",
                    if self.random.percent(20) { "{{- else }}\n  empty: 1\n{{- end }}" } else { "{{- end }}" }
                );
            }
            _ => {
                let _ = writeln!(out, "{pad}{key}:");
                self.entry(out, deeper, depth - 1);
                self.entry(out, deeper, depth - 1);
            }
        }
    }

    fn block(&mut self, word: &str, out: &mut String, body: impl Fn(&mut Self, &mut String)) {
        let (left, right) =
            *[("{{- ", " }}"), ("{{ ", " }}"), ("{{- ", " -}}"), ("{{", "}}")].get(self.random.below(4)).unwrap();
        let kind = if self.random.percent(60) { 'b' } else { 'a' };
        let condition = self.pipeline(kind, 2);
        let _ = writeln!(out, "{left}{word} {condition}{}", if right == " -}}" { " }}" } else { right });
        let known = self.variables.len();
        body(self, out);
        self.variables.truncate(known);
        if self.random.percent(20) {
            let condition = self.expression('b', 1);
            let _ = writeln!(out, "{{{{- else if {condition} }}}}");
            body(self, out);
            self.variables.truncate(known);
        }
        if self.random.percent(30) {
            out.push_str("{{- else }}\n");
            body(self, out);
            self.variables.truncate(known);
        }
        out.push_str("{{- end }}\n");
    }

    fn scoped(&mut self, names: &[(&str, char)], body: impl FnOnce(&mut Self)) {
        let known = self.variables.len();
        self.variables.extend(names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)));
        body(self);
        self.variables.truncate(known);
    }

    fn variable(&mut self, out: &mut String, pad: &str) {
        let kind = ['s', 'i', 'l', 'd', 'a', 'b'][self.random.below(6)];
        let value = self.pipeline(kind, 2);
        if self.random.percent(30) && !self.variables.is_empty() {
            let at = self.random.below(self.variables.len());
            let name = self.variables[at].0.clone();
            let _ = writeln!(out, "{pad}{{{{- {name} = {value} }}}}");
        } else {
            let name = format!("$v{}", self.random.below(5));
            let _ = writeln!(out, "{pad}{{{{- {name} := {value} }}}}");
            self.variables.push((name, kind));
        }
    }

    fn special(&mut self, out: &mut String, pad: &str, key: &str, deeper: usize) {
        let scope = if self.careful || self.random.percent(80) { "$" } else { "." };
        let text = match self.random.below(14) {
            0 => format!("{{{{ tpl {} {scope} | quote }}}}", self.expression('s', 1)),
            1 => format!("{{{{ tpl {} {scope} | toJson }}}}", self.expression('s', 1)),
            2 => self.include(|name| format!("{{{{ include {name} {scope} | quote }}}}")),
            3 => self.include(|name| format!("{{{{- include {name} {scope} | nindent {deeper} }}}}")),
            4 => self.include(|name| format!("|-\n{{{{ include {name} {scope} | indent {deeper} }}}}")),
            5 => self.include(|name| format!("'{{{{ template {name} {scope} }}}}'")),
            6 => format!("{{{{ required \"needed: %s\" {} | quote }}}}", self.expression('s', 1)),
            7 => {
                format!("{{{{ ($.Files.Get \"files/{}\") | quote }}}}", self.random.pick(&["a.txt", "b.json", "none"]))
            }
            8 => format!(
                "{{{{- ($.Files.Glob \"files/{}\").{} | nindent {deeper} }}}}",
                self.random.pick(&["*", "*.txt", "**", "["]),
                self.random.pick(&["AsConfig", "AsSecrets"])
            ),
            9 => "{{ range $.Files.Lines \"files/a.txt\" }}{{ . | upper }} {{ end }}".to_owned(),
            10 => format!(
                "{{{{ printf \"%v\" ($.Capabilities.APIVersions.Has \"{}\") }}}}",
                self.random.pick(&["apps/v1", "v1/Pod", "x/v1", "batch/v1/CronJob"])
            ),
            11 => format!(
                "{{{{ (get $.Subcharts \"{}\").{} | toJson }}}}",
                self.random.pick(&["sub0", "sub1", "other", "conf"]),
                self.random.pick(&["Values", "Chart.Name", "Release.Name", "Values.a"])
            ),
            12 if self.random.percent(5) => format!("{{{{ fail {} }}}}", self.expression('s', 1)),
            12 if self.random.percent(5) => {
                format!("{{{{ define \"inner{}\" }}}}x{{{{ end }}}}1", self.random.below(3))
            }
            13 if self.random.percent(5) => {
                format!("{{{{ $.Values.{}.{} }}}}", self.random.pick(KEYS), self.random.pick(KEYS))
            }
            _ => format!("{{{{ ($.Values.{}).{} | quote }}}}", self.random.pick(KEYS), self.random.pick(KEYS)),
        };
        let _ = writeln!(out, "{pad}{key}: {text}");
    }

    /// A use of a definition, or nothing where there is none.
    fn include(&mut self, text: impl FnOnce(&str) -> String) -> String {
        let name = match self.definitions.len() {
            _ if self.slips() => "\"missing\"".to_owned(),
            0 => return "null".to_owned(),
            n => format!("{:?}", self.definitions[self.random.below(n)]),
        };
        text(&name)
    }

    /// A file of definitions.
    pub(crate) fn helpers(&mut self, names: &[String]) -> String {
        let mut out = String::new();
        for (i, name) in names.iter().enumerate() {
            self.variables.clear();
            // only what was defined before: no ring
            self.definitions = names[..i].to_vec();
            self.at_root = self.careful || self.random.percent(90);
            let (left, right) = if self.random.percent(60) { ("{{- ", " -}}") } else { ("{{ ", " }}") };
            let _ = writeln!(out, "{left}define {name:?}{right}");
            match self.random.below(5) {
                0 => drop(writeln!(out, "{{{{ {} }}}}", self.pipeline('s', 3))),
                1 => self.entry(&mut out, 0, 2),
                2 => drop(writeln!(
                    out,
                    "{{{{- if {} }}}}yes{{{{ else }}}}{{{{ {} | toYaml }}}}{{{{ end -}}}}",
                    self.expression('b', 1),
                    self.expression('a', 2)
                )),
                3 => {
                    self.entry(&mut out, 0, 1);
                    self.entry(&mut out, 0, 1);
                }
                _ => out
                    .push_str("app: {{ $.Chart.Name }}\nrelease: {{ $.Release.Name | trunc 63 | trimSuffix \"-\" }}\n"),
            }
            let _ = writeln!(out, "{left}end{right}");
        }
        self.at_root = true;
        self.definitions = names.to_vec();
        out
    }

    /// An expression of pipes.
    fn pipeline(&mut self, kind: char, depth: usize) -> String {
        let text = self.expression(kind, depth);
        if text == "nil" {
            // no command of its own
            return "list nil | first".to_owned();
        }
        let text = text
            .strip_prefix('(')
            .and_then(|t| t.strip_suffix(')'))
            .filter(|t| balanced(t))
            .map_or(text.clone(), str::to_owned);
        match self.random.below(6) {
            0 if kind == 's' => format!(
                "{text} | {}",
                self.random.pick(&[
                    "upper",
                    "trim",
                    "trunc 5",
                    "default \"d\"",
                    "quote",
                    "replace \"a\" \"b\"",
                    "nospace",
                    "title",
                    "b64enc",
                    "printf \"%s!\"",
                    "toString | lower"
                ])
            ),
            1 if kind == 'a' => format!(
                "{text} | {}",
                self.random.pick(&[
                    "default \"d\"",
                    "default 1",
                    "deepCopy",
                    "coalesce nil",
                    "list 1",
                    "kindOf",
                    "print",
                    "toString"
                ])
            ),
            _ => text,
        }
    }

    /// An expression that can stand as an argument.
    fn expression(&mut self, kind: char, depth: usize) -> String {
        let kind = if self.slips() { ['s', 'i', 'b', 'l', 'd', 'a', 'g'][self.random.below(7)] } else { kind };
        if let Some(literal) = self.only_literal(kind) {
            return literal;
        }
        if depth > 0 && self.random.percent(60) {
            return self.call(kind, depth - 1);
        }
        match self.random.below(10) {
            0..=4 => self.known(kind).unwrap_or_else(|| self.literal(kind)),
            _ => self.literal(kind),
        }
    }

    fn call(&mut self, kind: char, depth: usize) -> String {
        if kind == 's' && self.random.percent(12) {
            let (format, arguments) = FORMATS[self.random.below(FORMATS.len())];
            let arguments: Vec<String> = arguments.chars().map(|a| self.expression(a, depth)).collect();
            return format!("(printf {format:?} {})", arguments.join(" "));
        }
        let fits: Vec<_> = FUNCTIONS
            .iter()
            .filter(|f| !(self.careful && RISKY.contains(&f.0)))
            .filter(|f| {
                f.2 == kind
                    || kind == 'a' && !"KVT".contains(f.2) && (f.2 != 'B' || !self.careful)
                    || kind == 'q' && "ig".contains(f.2)
                    || kind == 'g' && "iF".contains(f.2)
            })
            .collect();
        let Some((name, arguments, result)) = fits.get(self.random.below(fits.len().max(1))) else {
            return self.literal(kind);
        };
        let mistakes = if STRICT.contains(name) { std::mem::take(&mut self.mistakes) } else { self.mistakes };
        let mut arguments: Vec<String> = arguments.chars().map(|a| self.expression(a, depth)).collect();
        self.mistakes = mistakes;
        if self.slips() && !STRICT.contains(name) {
            arguments.pop();
        }
        let sorted = if *result == 'K' { " | sortAlpha" } else { "" };
        match arguments.pop() {
            None => format!("({name})"),
            Some(last) if last != "nil" && self.random.percent(40) => {
                format!("({last} | {name} {}{sorted})", arguments.join(" "))
            }
            Some(last) => {
                format!("({name} {}{}{last}{sorted})", arguments.join(" "), if arguments.is_empty() { "" } else { " " })
            }
        }
    }

    /// A variable, a value or a root object of the kind.
    fn known(&mut self, kind: char) -> Option<String> {
        let known = self.raw(kind)?;
        let cast = match kind {
            _ if !self.careful => None,
            's' => Some("toString"),
            'i' => Some("int"),
            'F' => Some("float64"),
            'b' => Some("empty"),
            'd' => return Some(format!("(ternary {known} (dict) (kindIs \"map\" {known}))")),
            'l' => return Some(format!("(ternary {known} (list) (kindIs \"slice\" {known}))")),
            _ => None,
        };
        Some(cast.map_or(known.clone(), |cast| format!("({cast} {known})")))
    }

    fn raw(&mut self, kind: char) -> Option<String> {
        let fits = |letter: char| kind == 'a' || letter == kind || "qg".contains(kind) && "nigF".contains(letter);
        if self.random.percent(30) {
            let known: Vec<_> = self.variables.iter().filter(|v| fits(v.1)).map(|v| v.0.clone()).collect();
            if !known.is_empty() {
                return Some(known[self.random.below(known.len())].clone());
            }
        }
        if !self.at_root && self.random.percent(25) {
            return Some(".".to_owned());
        }
        if (kind == 's' || kind == 'a') && self.random.percent(15) {
            let root = self.random.pick(if kind == 's' && self.careful { &ROOTS[..8] } else { ROOTS });
            return Some(if self.at_root { root.to_owned() } else { format!("${root}") });
        }
        let prefix = if self.at_root && self.random.percent(80) { "" } else { "$" };
        let known: Vec<_> = self.paths.iter().filter(|p| fits(p.1)).collect();
        if known.is_empty() {
            return (kind == 'd').then(|| format!("{prefix}.Values"));
        }
        let path = &known[self.random.below(known.len())].0;
        let name = |p: &String| {
            p.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && p.starts_with(|c: char| c.is_ascii_alphabetic())
        };
        Some(if path.iter().all(name) && self.random.percent(90) {
            format!("{prefix}.Values.{}", path.join("."))
        } else {
            let keys: Vec<String> = path.iter().map(|p| format!("{:?}", p.trim_matches(['"', '\'']))).collect();
            format!("(index {prefix}.Values {})", keys.join(" "))
        })
    }

    /// Kinds that have nothing but literals.
    fn only_literal(&mut self, kind: char) -> Option<String> {
        Some(match kind {
            'r' => match self.random.pick(REGEXES) {
                "\"(\"" if self.careful => "\"[(]\"".to_owned(),
                regex => regex.to_owned(),
            },
            'v' => {
                self.random.pick(VERSIONS).replace('.', if self.at_root { "." } else { "\u{1}" }).replace('\u{1}', ".")
            }
            'c' => self.random.pick(CONSTRAINTS).to_owned(),
            'j' => self.random.pick(JSONS).replace(" .Values", " $.Values"),
            'y' => self.random.pick(YAMLS).replace(" .Values", " $.Values"),
            'o' => self.random.pick(TOMLS).replace(" .Values", " $.Values"),
            't' => self.random.pick(LAYOUTS).to_owned(),
            'T' => self.random.pick(DATES).to_owned(),
            'U' => self.random.pick(&DATES[..2]).to_owned(),
            'z' => self.random.pick(ZONES).to_owned(),
            'p' => self.random.pick(PATHS).to_owned(),
            'u' => self.random.pick(URLS).to_owned(),
            'w' => self.random.below(6).to_string(),
            'k' => format!("{:?}", self.random.pick(KEYS)),
            // lists whose length is all there is: Go slices others up to their capacity
            'L' => self.random.pick(&["(list)", "(list 1 2 3)", "(list \"a\" nil 2.5 true)"]).to_owned(),
            'D' => match self.random.below(3) {
                0 => "(dict)".to_owned(),
                1 => "(dict \"a\" 1 \"b\" (dict \"c\" \"x\"))".to_owned(),
                _ => "(deepCopy $.Values)".to_owned(),
            },
            _ => return None,
        })
    }

    fn literal(&mut self, kind: char) -> String {
        match kind {
            's' => self.random.pick(TEXTS).to_owned(),
            'i' => self.random.pick(INTS).to_owned(),
            'n' | 'F' => self.random.pick(FLOATS).to_owned(),
            'g' => if self.random.percent(50) { self.random.pick(FLOATS) } else { self.random.pick(INTS) }.to_owned(),
            'b' => self.random.pick(&["true", "false"]).to_owned(),
            'l' => self
                .random
                .pick(&[
                    "(list)",
                    "(list 1 2 3)",
                    "(list \"b\" \"a\" \"b\")",
                    "(list 1 \"x\" nil true 2.5)",
                    "(list (list 1) (dict \"k\" \"v\"))",
                    "(until 3)",
                    "(splitList \",\" \"x,y,z\")",
                ])
                .to_owned(),
            'd' => self
                .random
                .pick(&[
                    "(dict)",
                    "(dict \"a\" 1)",
                    "(dict \"a\" (dict \"b\" (dict \"c\" 1)) \"name\" \"x\")",
                    "(dict \"port\" 80.0 \"image\" nil)",
                ])
                .to_owned(),
            'q' => match self.random.below(3) {
                0 => self.literal('s'),
                1 => self.literal('i'),
                _ => self.literal('g'),
            },
            _ => match self.random.below(7) {
                0 => "nil".to_owned(),
                1 => self.literal('i'),
                2 => self.literal('g'),
                3 => self.literal('l'),
                4 => self.literal('d'),
                5 => self.literal('b'),
                _ => self.literal('s'),
            },
        }
    }
}

/// Whether the text has no closing parenthesis without an opening one.
fn balanced(text: &str) -> bool {
    let mut open = 0i32;
    text.chars().all(|c| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open >= 0
    }) && open == 0
}
