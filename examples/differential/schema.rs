//! Random schemas of every draft, and values for them: every keyword, odd patterns, URLs, numbers and formats, references
//! and anchors, and wrong schemas.

use crate::case::{Case, Texts};
use crate::random::Random;

/// The drafts, by the names that the command line takes.
pub(crate) const DRAFTS: [&str; 5] = ["4", "6", "7", "2019-09", "2020-12"];

/// Makes the case of a seed for a draft.
pub(crate) fn case(seed: u64, draft: usize) -> Case {
    let mut random = Random::new(seed.wrapping_mul(5).wrapping_add(draft as u64));
    let slips = [0, 0, 0, 3, 12][random.below(5)];
    let mut maker = Maker { random: &mut random, draft, slips, refs: Vec::new() };
    let schema = maker.root();
    let values = object(&mut random, 3);
    let files: Texts = vec![
        ("Chart.yaml".to_owned(), "apiVersion: v2\nname: c\nversion: 1.2.3\n".to_owned()),
        ("values.schema.json".to_owned(), schema),
        ("values.yaml".to_owned(), values),
    ];
    Case { files, name: "rel".to_owned(), namespace: "ns".to_owned(), ..Case::default() }
}

const KEYS: &[&str] = &["a", "b", "c", "name", "x-y", "a/b", "a~b", "é", "1", "", "it's"];

/// Odd patterns, right and wrong ones.
pub(crate) const PATTERNS: &[&str] = &[
    "^[a-z]+$",
    "a**",
    "a{2}{3}",
    "a*+",
    "(?i)a**",
    "(?u)a",
    "(?x)a b",
    "(?R)a",
    r"\uFFFF",
    r"\u{41}",
    "[a--b]",
    "(",
    "*",
    "[",
    "[z-a]",
    "(?P<n",
    "(?i",
    r"\Z",
    r"\h",
    r"^\101$",
    ")",
    "a)",
    "[]",
    "[]a]",
    "[^]a]",
    "[a-]",
    "[-a]",
    "[a-z-9]",
    "[[:alpha:]]",
    "[[:alhpa:]]",
    "[[:^alpha:]]",
    "[:alpha:]",
    "[a&&b]",
    "[a~~b]",
    "[a||b]",
    "[[a]b]",
    "{",
    "}",
    "{}",
    "a{",
    "a{,2}",
    "a{2,",
    "a{2,1}",
    "a{1001}",
    "a{1000}",
    "(a{100}){100}",
    "a{02}",
    "a{0}",
    "(?=a)",
    "(?!a)",
    "(?<=a)",
    "(?<!a)",
    "(?<n>a)",
    "(?P<n>a)",
    "(?P<n>a)(?P<n>b)",
    "(?P=n)",
    "(?P>n)",
    "(?#c)a",
    "(?>a)",
    "(?|a|b)",
    "(?i)É",
    "(?s).",
    "(?m)^a$",
    "(?U)a+",
    "(?i-s:a)",
    "(?-)",
    "(?i-)a",
    "(?:a",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    r"\b",
    r"\B",
    r"\A",
    r"\z",
    r"\C",
    r"\Q.*\E",
    r"\Qa",
    r"\E",
    r"\pL",
    r"\p{Greek}",
    r"\p{^Greek}",
    r"\P{L}",
    r"\p{Foo}",
    r"\p",
    r"\pl",
    r"\p{Lu",
    r"\x41",
    r"\x{41}",
    r"\x{110000}",
    r"\x",
    r"\x4",
    r"\x{}",
    r"\1",
    r"\8",
    r"\0",
    r"\07",
    r"\a\f\v\t\n\r",
    r"\-\/\!",
    r"\_",
    r"\é",
    r"\",
    r"a\",
    "a|*",
    "|",
    "a||b",
    "()",
    "(|a)*",
    "^*",
    "$*",
    r"\b+",
    "(?i)*",
    "(a*)*",
    "(a*)+?",
    "a+?+",
    "a???",
    "^^a$$",
    "a\nb",
    "é",
    "日本",
    "\u{1F600}",
    ".",
    "x*y*",
    "^$",
    "",
    "^.{2,3}$",
    r"^(?:[0-9]{1,3}\.){3}[0-9]{1,3}$",
    r"[\d-z]",
    r"[\w-]",
    r"[a-\d]",
    r"[\pL]",
    r"[\b]",
    r"[\Q]\E]",
    r"[\x{41}-\x{43}]",
    r"[\101]",
    "(?i)straße",
    r"(?i)\x{17f}",
    r"[^\n]",
    r"\n",
];

/// Odd URLs, right and wrong ones.
pub(crate) const URLS: &[&str] = &[
    "http://%zz/",
    "http://u:p%zz@h/",
    "x://%41/",
    "http://h%41/",
    "http://h%20/",
    "mailto:%zz",
    "a:%zz",
    "http://x.io",
    "//x.io/a",
    "/a/b",
    "a/b",
    "a:b",
    "1a:b",
    ":a",
    "",
    "*",
    "#",
    "#%zz",
    "#%41",
    "?%zz",
    "/%zz",
    "/%41%zz",
    "http://[::1]/",
    "http://[::1",
    "http://[::1]x/",
    "http://[::1]:80/",
    "http://[::1%25eth0]/",
    "http://[::1%eth0]/",
    "http://[::1%25]/",
    "http://[1.2.3.4]/",
    "http://[v1.a]/",
    "http://a[b]/",
    "http://::1/",
    "http://h:80/",
    "http://h:/",
    "http://h:x/",
    "http://h:80:90/",
    "x://h:80:90/",
    "x://a:b:80/",
    "http://a b/",
    "http://a\tb/",
    "http://é.io/é",
    "http://h/a b",
    "http://h/\\",
    "\\",
    "http://a\\b/",
    "http://u@h/",
    "http://u:p@h/",
    "http://u@p@h/",
    "http://u ser@h/",
    "http://<a>/",
    "http://a\"b/",
    "http://a|b/",
    "http://a^b/",
    "http://a`b/",
    "http://{a}/",
    "http://h/{a}",
    "http://h/{a",
    "http://h/a}",
    "http://h/{{a}}",
    "/{a}/{b}",
    "/{a}%41",
    "/%7Ba%7D",
    "http://h/?{a",
    "http://h?q",
    "http://h?",
    "http://h#f#g",
    "urn:a:b",
    "urn:",
    "a+b.c-d:x",
    "a_b:c",
    "é:a",
    "http:",
    "http:a",
    "http:/a",
    "http://",
    "http:///a",
    "///a",
    "////a",
    "http://%C3%A9/",
    "http://%25/",
    "http://%2525/",
    "http://h/%2F",
    "http://h/\u{7f}",
    "./a:b",
    "a?b:c",
    "//h:x",
    "//[",
    "//]",
    "http://a]/",
    "http://h:0x50/",
];

const NUMBERS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "10",
    "1.5",
    "0.1",
    "0.5",
    "-0",
    "-0.0",
    "1.0",
    "2.50",
    "1e3",
    "1E2",
    "1e+2",
    "1e-3",
    "0.3e1",
    "100000",
    "1000000",
    "1234567.891",
    "1e21",
    "1e400",
    "-1e400",
    "1e-400",
    "1e1000000",
    "1e1000001",
    "1e-1000001",
    "1e100000000",
    "-1e100000000",
    "0e1000001",
    "1e99999999999999999999",
    "0e99999999999999999999",
    "9007199254740993",
    "9007199254740993.5",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.10000000000000001",
    "0.333333333333333333333333333333",
    "7",
    "0.01",
    "19.99",
];

const TEXTS: &[&str] = &[
    "",
    "a",
    "b",
    "abc",
    "aa",
    "A",
    "é",
    "日本語",
    "\u{1F600}",
    "a b",
    "a\nb",
    "it's \"q\"",
    "{}",
    "a{02}",
    "1",
    "x-y",
    "a1",
    "10.0.0.1",
    "日",
    "ſ",
    "ß",
    "_",
    "-",
    "null",
    "true",
    "(?=a)",
    "a**",
    "^a$",
];

/// Texts for each format: some right, some wrong.
const FORMATS: &[(&str, &[&str])] = &[
    ("regex", PATTERNS),
    ("uri", URLS),
    ("iri", URLS),
    ("uri-reference", URLS),
    ("iri-reference", URLS),
    ("uri-template", URLS),
    ("json-pointer", &["", "/", "/a~0/~1", "a", "/~2", "/~", "/a//b", "#/a", "/~~0", "/é~"]),
    ("relative-json-pointer", &["0", "0#", "1/a", "01", "00", "a", "", "10/~2", "1#a", "-1", "9/", "1a"]),
    (
        "uuid",
        &[
            "123e4567-e89b-12d3-a456-426614174000",
            "123E4567-E89B-12D3-A456-426614174000",
            "123e4567-e89b",
            "a-b-c-d-e",
            "123e4567-e89b-12d3-a456-42661417400g",
            "123e4567-e89b-12d3-a456-42661417400é",
            "",
            "123e4567e89b12d3a456426614174000",
            "é2345678-e89b-12d3-a456-426614174000",
            "é234567-e89b-12d3-a456-426614174000",
        ],
    ),
    (
        "duration",
        &[
            "P1Y",
            "P1Y2M3D",
            "P1W",
            "PW",
            "P1é",
            "PT1H",
            "P",
            "PT",
            "P1",
            "P1T",
            "P1YT1H2M3S",
            "P1D1Y",
            "P1H",
            "PT1Y",
            "P1TT",
            "P1Y1Y",
            "PxW",
            "P1\u{1}",
            "p1y",
            "P1.5D",
            "PT1HT1M",
            "P١D",
        ],
    ),
    (
        "period",
        &[
            "P1D",
            "P1D/2024-01-01T10:00:00Z",
            "2024-01-01T10:00:00Z/P1D",
            "2024-01-01T10:00:00Z/2024-01-02T10:00:00Z",
            "2024-01-01/P1D",
            "P1/2024-01-01T10:00:00Z",
            "P1D/P1D",
            "/",
            "2024-01-01T10:00:00Z/P",
            "2024-01-01T10:00:00Z/x",
        ],
    ),
    (
        "ipv4",
        &[
            "10.0.0.1",
            "10.0.0",
            "10.0.0.256",
            "01.0.0.1",
            "+1.0.0.1",
            "-1.0.0.1",
            "a.0.0.1",
            "..0.1",
            "1.2.3.4.5",
            "1.2.3. 4",
            "99999999999999999999.0.0.1",
            "-0.0.0.0",
            "1_0.0.0.0",
            "é.0.0.0",
            "1e1.0.0.0",
        ],
    ),
    (
        "ipv6",
        &[
            "::1",
            "::",
            "1::2::3",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7",
            "1:2:3:4:5:6:7:8:9",
            "::ffff:1.2.3.4",
            "::1.2.3",
            "::g",
            "12345::",
            "fe80::1%eth0",
            "fe80::1%",
            "1.2.3.4",
            "a",
            ":",
            ":::",
            "1:",
            ":1",
            "1.2.3.4:",
            "::1.2.3.256",
            "1:2:3:4:5:6:1.2.3.4",
            "1:2:3:4:5:6:7:1.2.3.4",
            "::01.2.3.4",
            "%:",
            "::%1",
            "1:2:3:4:5:6:7::",
        ],
    ),
    (
        "hostname",
        &[
            "a",
            "a.b",
            "a.",
            "a..b",
            "-a",
            "a-",
            "a_b",
            "é",
            ".",
            "",
            "A-1.x",
            "a b",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ],
    ),
    (
        "email",
        &[
            "a@b.c",
            "a",
            "a@",
            "@b",
            "a@b@c",
            "\"a b\"@c",
            "\"a\"b\"@c",
            "\"@c",
            "\"\"@c",
            "\"a\\\\b\"@c",
            ".a@b",
            "a.@b",
            "a..b@c",
            "a b@c",
            "é@b",
            "a@[1.2.3.4]",
            "a@[IPv6:::1]",
            "a@[::1]",
            "a@[1.2.3]",
            "a@[IPv6:x]",
            "a@[",
            "a@-b",
            "a@é",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b",
        ],
    ),
    (
        "date",
        &[
            "2024-02-29",
            "2023-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-1-1",
            "2024-01-1",
            "24-01-01",
            "2024-01-01x",
            "2024/01/01",
            "x",
            "",
            "2024-01-32",
            "2024-01-00",
            "0000-01-01",
            "+024-01-01",
            "2x24-01-01",
            "2024-01-é",
            "é",
            "2024-01-01 ",
            "2024",
        ],
    ),
    (
        "time",
        &[
            "10:00:00Z",
            "10:00:00z",
            "23:59:60Z",
            "22:59:60Z",
            "24:00:00Z",
            "10:60:00Z",
            "10:00:61Z",
            "10:00:00",
            "10:00:00.Z",
            "10:00:00.5Z",
            "10:00:00+01:00",
            "10:00:00-01:00",
            "10:00:00+1:00",
            "10:00:00+24:00",
            "10:00:00+01:60",
            "10:00:00x01:00",
            "10:00:00+01-00",
            "23:59:60+00:00",
            "00:29:60+00:30",
            "23:29:60-00:30",
            "+1:+2:+3Z",
            "-1:00:00Z",
            "-0:00:00Z",
            ":1:00:00Z",
            "1::00:00Z",
            "10:00:0xZ",
            "10:00:00+-1:00",
            "10:00:00+-0:00",
            "10:00:00++1:00",
            "10-00-00Z",
            "é:00:00Z",
            "10:00:00+é:00",
            "10:00:00+:1:00",
            "::1::00Z",
        ],
    ),
    (
        "date-time",
        &[
            "2024-01-01T10:00:00Z",
            "2024-01-01t10:00:00.5+01:00",
            "2024-01-01 10:00:00Z",
            "2024-01-01T10:00Z",
            "2024-02-30T10:00:00Z",
            "2024-01-01T25:00:00Z",
            "2024-01-0éT10:00:00Z",
            "2024-01-01T10:00:00",
            "x",
            "2024-01-01T1:00:00ZZ",
            "2024-1-01TT10:00:00Z",
            "2024-01-01T23:59:60Z",
        ],
    ),
    (
        "semver",
        &[
            "1.2.3",
            "1.2",
            "1.2.3-a.1+b",
            "1.2.3+",
            "1.2.3-",
            "01.2.3",
            "1.02.3",
            "1.2.x",
            "1.2.3-01",
            "1.2.3-0a",
            "1.2.3-a..b",
            "1.2.3+a..b",
            "1.2.3-é",
            "1.2.3+é",
            "v1.2.3",
            "1..3",
            "",
            "1.2.3.4",
            "1.2.3+a+b",
            "1.2.3-a_b",
        ],
    ),
    ("unknown", &["x"]),
];

/// A text as JSON.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Some text that a format or a pattern may be about.
fn text(random: &mut Random) -> String {
    if random.percent(40) {
        return random.pick(TEXTS).to_owned();
    }
    let (_, texts) = FORMATS[random.below(FORMATS.len())];
    random.pick(texts).to_owned()
}

fn value(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 8 } else { 12 }) {
        0 => "null".to_owned(),
        1 => random.pick(&["true", "false"]).to_owned(),
        // what YAML reads as other numbers is for other cases
        2 | 3 => random.pick(&NUMBERS[..21]).to_owned(),
        4..=7 => quoted(&text(random)),
        8 | 9 => {
            let many = if random.percent(8) { 22 } else { 4 };
            let items: Vec<String> = (0..random.below(many)).map(|_| value(random, depth - 1)).collect();
            format!("[{}]", items.join(", "))
        }
        _ => object(random, depth),
    }
}

fn object(random: &mut Random, depth: usize) -> String {
    let mut keys: Vec<&str> = Vec::new();
    for _ in 0..random.below(6) {
        let key = random.pick(KEYS);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let entries: Vec<String> =
        keys.into_iter().map(|key| format!("{}: {}", quoted(key), value(random, depth.saturating_sub(1)))).collect();
    format!("{{{}}}", entries.join(", "))
}

/// Any number, also one that values cannot be.
fn number(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.between(0, 4).to_string(),
        1 => {
            random.pick(&["-", ""]).to_owned()
                + &random.between(0, 300).to_string()
                + random.pick(&["", ".5", ".0", "e1"])
        }
        _ => random.pick(NUMBERS).to_owned(),
    }
}

/// A pattern: one of the odd ones, or a row of pieces.
fn pattern(random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "a",
        "b",
        "é",
        ".",
        "[a-z]",
        "[^a]",
        "(",
        ")",
        "(?:",
        "(?i)",
        "|",
        "*",
        "+",
        "?",
        "{2}",
        "{1,3}",
        "{",
        "}",
        "^",
        "$",
        r"\d",
        r"\w",
        r"\.",
        "[",
        "]",
        "-",
        r"\b",
        r"\x41",
        r"\pL",
        "[[:digit:]]",
        " ",
        "(?P<x>",
        r"\Q*\E",
        "1",
    ];
    if random.percent(60) {
        return random.pick(PATTERNS).to_owned();
    }
    (0..random.between(1, 6)).map(|_| random.pick(PIECES)).collect()
}

struct Maker<'r> {
    random: &'r mut Random,
    draft: usize,
    slips: u64,
    /// References that lead somewhere.
    refs: Vec<String>,
}

impl Maker<'_> {
    fn since(&self, draft: usize) -> bool {
        self.draft >= draft
    }

    fn root(&mut self) -> String {
        let defs = if self.draft >= 3 { "$defs" } else { "definitions" };
        let names = ["p", "q", "r~s/t"];
        self.refs =
            names.iter().map(|name| format!("#/{defs}/{}", name.replace('~', "~0").replace('/', "~1"))).collect();
        self.refs.extend(["#", "#/properties/a", "#/properties/a", "#anchor"].map(str::to_owned));
        if self.random.percent(20) {
            self.refs.extend(["sub.json", "sub.json#anchor", "sub.json#/properties/a", "urn:x:y"].map(str::to_owned));
        }
        let mut entries = Vec::new();
        let schema = match self.draft {
            0 => "http://json-schema.org/draft-04/schema#",
            1 => "http://json-schema.org/draft-06/schema#",
            2 => "http://json-schema.org/draft-07/schema#",
            3 => "https://json-schema.org/draft/2019-09/schema",
            _ => "https://json-schema.org/draft/2020-12/schema",
        };
        if self.draft < 4 || self.random.percent(50) {
            let odd = [
                "http://json-schema.org/schema#",
                "https://json-schema.org/draft/2020-12/meta/core",
                "https://json-schema.org/draft/2020-12/meta/validation",
                "https://json-schema.org/draft/2019-09/meta/applicator",
                "https://json-schema.org/draft/2020-12/meta/applicator",
                "json-schema.org/draft-07/schema",
                "",
                ":",
                "x",
                "%zz",
                "file:///values.schema.json",
                "http://json-schema.org/draft-07/schema##",
                "urn:x",
                "https://json-schema.org/draft-07/schema#",
                "https://json-schema.org/draft/2019-09/meta/validation",
                "x:y",
                "http://json-schema.org/draft-07/schema#x",
                "https://json-schema.org/draft/2020-12/meta/format-assertion",
                "https://json-schema.org/draft/2019-09/meta/format",
            ];
            let name = if self.random.percent(4) { self.random.pick(&odd) } else { schema };
            entries.push(format!("\"$schema\": {}", quoted(name)));
        }
        if self.random.percent(10) {
            entries.push(self.id());
        }
        let mut parts: Vec<String> = names.iter().map(|name| format!("{}: {}", quoted(name), self.schema(2))).collect();
        parts.truncate(self.random.between(1, 3));
        if self.random.percent(80) {
            entries.push(format!("\"{defs}\": {{{}}}", parts.join(", ")));
        }
        for _ in 0..self.random.between(1, 4) {
            entries.push(self.keyword(3));
        }
        entries.push(self.properties(3));
        if self.random.percent(2) {
            let text = format!("{{{}}}", entries.join(", "));
            return match self.random.below(4) {
                0 => text + " x",
                1 => text.replacen(',', ",,", 1),
                2 => text.trim_end_matches('}').to_owned(),
                _ => self
                    .random
                    .pick(&[
                        "",
                        "null",
                        "[]",
                        "1",
                        "\"a\"",
                        "true",
                        "false",
                        "{",
                        "tru",
                        "{\"a\":\"\\u12\"}",
                        " ",
                        "{}",
                    ])
                    .to_owned(),
            };
        }
        format!("{{{}}}", entries.join(", "))
    }

    fn schema(&mut self, depth: usize) -> String {
        if (self.since(1) || self.random.percent(self.slips)) && self.random.percent(8) {
            return self.random.pick(&["true", "false"]).to_owned();
        }
        if self.random.percent(self.slips / 3) {
            return value(self.random, 1);
        }
        let mut entries: Vec<String> = (0..self.random.below(4)).map(|_| self.keyword(depth)).collect();
        if self.random.percent(2) {
            entries.push(self.id());
        }
        if self.random.percent(1) {
            entries.push(format!(
                "\"$schema\": {}",
                quoted(self.random.pick(&[
                    "http://json-schema.org/draft-07/schema#",
                    "http://json-schema.org/draft-04/schema#",
                    "x:y",
                    "https://json-schema.org/draft/2020-12/schema",
                    "https://json-schema.org/draft/2019-09/schema",
                    "https://json-schema.org/draft/2020-12/meta/core",
                ]))
            ));
            if self.random.percent(70) {
                entries.push(self.id());
            }
        }
        format!("{{{}}}", entries.join(", "))
    }

    fn id(&mut self) -> String {
        let keyword = if self.draft == 0 { "id" } else { "$id" };
        let id = self.random.pick(&[
            "sub.json",
            "sub.json",
            "sub.json",
            "urn:x:y",
            "file:///a/b.json",
            "#anchor",
            "sub.json#",
            "../c",
            "%zz",
            "",
            "é",
            "a b",
            "sub.json#/x",
            "HTTP://127.0.0.1:1/./x/../y",
            "file:///values.schema.json",
            "?q",
            "#%zz",
            ":",
            "urn:x",
        ]);
        format!("\"{keyword}\": {}", quoted(id))
    }

    fn properties(&mut self, depth: usize) -> String {
        let mut parts = Vec::new();
        for key in KEYS {
            if self.random.percent(25) {
                parts.push(format!("{}: {}", quoted(key), self.schema(depth.saturating_sub(1))));
            }
        }
        format!("\"properties\": {{{}}}", parts.join(", "))
    }

    fn list(&mut self, depth: usize) -> String {
        let schemas: Vec<String> = (0..self.random.between(1, 3)).map(|_| self.schema(depth)).collect();
        format!("[{}]", schemas.join(", "))
    }

    fn names(&mut self) -> String {
        let names: Vec<String> = (0..self.random.between(1, 3)).map(|_| quoted(self.random.pick(KEYS))).collect();
        format!("[{}]", names.join(", "))
    }

    fn reference(&mut self) -> String {
        if self.random.percent(85) {
            let at = self.random.below(self.refs.len());
            return quoted(&self.refs[at].clone());
        }
        quoted(self.random.pick(&[
            "#/nope",
            "#nope",
            "#/$defs/p/properties/a",
            "#/properties/a/allOf/0",
            "#/properties/a/allOf/00",
            "#/properties/a/allOf/+0",
            "#/~2",
            "#%zz",
            "#/properties/%C3%A9",
            "#/properties/%FF",
            "%zz",
            ":",
            "http://json-schema.org/draft-07/schema#",
            "#/properties/x-y/",
            "https://json-schema.org/draft/2020-12/schema",
            "http://json-schema.org/draft-04/schema#/definitions/positiveInteger",
            "urn:z",
            "x:y",
            "sub.json",
            "#/properties",
            "#/required",
            "#meta",
            "https://json-schema.org/draft/2019-09/meta/core",
            "",
            "http://json-schema.org/schema",
        ]))
    }

    /// A keyword with its value. `depth` is how deep schemas below it may nest.
    fn keyword(&mut self, depth: usize) -> String {
        const ALL: &[(&str, usize)] = &[
            ("type", 0),
            ("type", 0),
            ("enum", 0),
            ("multipleOf", 0),
            ("maximum", 0),
            ("exclusiveMaximum", 0),
            ("minimum", 0),
            ("exclusiveMinimum", 0),
            ("maxLength", 0),
            ("minLength", 0),
            ("pattern", 0),
            ("pattern", 0),
            ("maxItems", 0),
            ("minItems", 0),
            ("uniqueItems", 0),
            ("maxProperties", 0),
            ("minProperties", 0),
            ("required", 0),
            ("format", 0),
            ("format", 0),
            ("title", 0),
            ("$ref", 0),
            ("$ref", 0),
            ("unknown", 0),
            ("default", 0),
            ("const", 1),
            ("examples", 1),
            ("contentEncoding", 2),
            ("readOnly", 2),
            ("$comment", 2),
            ("$anchor", 3),
            ("minContains", 3),
            ("maxContains", 3),
            ("dependentRequired", 3),
            ("$recursiveAnchor", 3),
            ("$recursiveRef", 3),
            ("deprecated", 3),
            ("$dynamicAnchor", 4),
            ("$dynamicRef", 4),
            ("$vocabulary", 3),
            ("dependencies", 0),
            // those with schemas
            ("properties", 0),
            ("properties", 0),
            ("patternProperties", 0),
            ("additionalProperties", 0),
            ("items", 0),
            ("items", 0),
            ("additionalItems", 0),
            ("allOf", 0),
            ("anyOf", 0),
            ("oneOf", 0),
            ("not", 0),
            ("definitions", 0),
            ("contains", 1),
            ("propertyNames", 1),
            ("if", 2),
            ("then", 2),
            ("else", 2),
            ("dependentSchemas", 3),
            ("unevaluatedProperties", 3),
            ("unevaluatedItems", 3),
            ("contentSchema", 3),
            ("prefixItems", 4),
            ("$defs", 3),
        ];
        let known = if depth == 0 { 41 } else { ALL.len() };
        let (keyword, since) = loop {
            let found = ALL[self.random.below(known)];
            if found.1 <= self.draft || self.random.percent(5) {
                break found;
            }
        };
        let _ = since;
        if self.random.percent(self.slips) {
            return format!("\"{keyword}\": {}", value(self.random, 2));
        }
        let below = depth.saturating_sub(1);
        let value = match keyword {
            "type" => {
                let name = |random: &mut Random| {
                    random
                        .pick(&[
                            "string", "string", "number", "integer", "object", "array", "boolean", "null", "string",
                            "any",
                        ])
                        .to_owned()
                };
                let name = |random: &mut Random, slips: u64| loop {
                    let found = name(random);
                    if found != "any" || random.percent(slips) {
                        return quoted(&found);
                    }
                };
                if self.random.percent(30) {
                    format!("[{}, {}]", name(self.random, self.slips), name(self.random, self.slips))
                } else {
                    name(self.random, self.slips)
                }
            }
            "enum" | "examples" => {
                let many = if self.random.percent(10) { 24 } else { 4 };
                let items: Vec<String> = (0..self.random.between(1, many))
                    .map(|_| if self.random.percent(30) { number(self.random) } else { value(self.random, 1) })
                    .collect();
                format!("[{}]", items.join(", "))
            }
            "const" | "default" | "unknown" => {
                if self.random.percent(40) {
                    number(self.random)
                } else {
                    value(self.random, 2)
                }
            }
            "exclusiveMaximum" | "exclusiveMinimum" if self.draft == 0 => {
                return format!(
                    "\"{keyword}\": true, \"{}\": {}",
                    if keyword == "exclusiveMaximum" { "maximum" } else { "minimum" },
                    number(self.random)
                );
            }
            "multipleOf" => loop {
                let found = number(self.random);
                if !found.starts_with(['-', '0']) || found.starts_with("0.") || self.random.percent(self.slips) {
                    break found;
                }
            },
            "maximum" | "minimum" | "exclusiveMaximum" | "exclusiveMinimum" => number(self.random),
            "maxLength" | "minLength" | "maxItems" | "minItems" | "maxProperties" | "minProperties" | "minContains"
            | "maxContains" => {
                if self.random.percent(85) {
                    self.random.below(4).to_string()
                } else {
                    number(self.random)
                }
            }
            "pattern" => quoted(&pattern(self.random)),
            "uniqueItems" | "readOnly" | "deprecated" | "$recursiveAnchor" => {
                self.random.pick(&["true", "true", "false"]).to_owned()
            }
            "required" => self.names(),
            "format" => quoted(FORMATS[self.random.below(FORMATS.len())].0),
            "title" | "$comment" | "contentEncoding" => "\"base64\"".to_owned(),
            "$ref" => self.reference(),
            "$recursiveRef" => "\"#\"".to_owned(),
            "$dynamicRef" => quoted(self.random.pick(&[
                "#anchor",
                "#anchor",
                "#",
                "#node",
                "#/properties/a",
                "sub.json#anchor",
                "#%FF",
            ])),
            "$anchor" => quoted(self.random.pick(&["anchor", "anchor", "node", "1", "a b", ""])),
            "$dynamicAnchor" => quoted(self.random.pick(&["anchor", "anchor", "node", "meta"])),
            "$vocabulary" => self.random.pick(&["{}", "{\"https://x.y/z\": true}", "{\"x\": false}"]).to_owned(),
            "dependentRequired" => format!("{{{}: {}}}", quoted(self.random.pick(KEYS)), self.names()),
            "dependencies" => {
                let what = if self.random.percent(50) { self.names() } else { self.schema(below) };
                format!("{{{}: {what}}}", quoted(self.random.pick(KEYS)))
            }
            "properties" => return self.properties(depth),
            "definitions" | "$defs" | "dependentSchemas" => {
                format!("{{{}: {}}}", quoted(self.random.pick(KEYS)), self.schema(below))
            }
            "patternProperties" => {
                let parts: Vec<String> = (0..self.random.between(1, 2))
                    .map(|_| format!("{}: {}", quoted(&pattern(self.random)), self.schema(below)))
                    .collect();
                format!("{{{}}}", parts.join(", "))
            }
            "items" if self.random.percent(30) && (self.draft < 4 || self.random.percent(self.slips)) => {
                self.list(below)
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => self.list(below),
            _ => self.schema(below),
        };
        format!("\"{keyword}\": {value}")
    }
}
