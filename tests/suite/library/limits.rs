//! Every limit: what fits is taken, one less is an error that names the limit and the flag that raises it.

use bake::chart::{File, Links};
use bake::{Bake, Chart, Error, ErrorKind, Limits};
use testkit::Scratch;

type Result<T = ()> = std::result::Result<T, Error>;

/// A limit, what the input needs of it where that can be told by counting, and the input.
type Row = (&'static str, Option<u64>, fn(&Limits) -> Result);

const ROWS: &[Row] = &[
    // Helm's archive must stay below
    ("chart-bytes", Some(2_001), |limits| load(&[("Chart.yaml", 500), ("a", 500), ("b", 1_000)], limits)),
    ("chart-file-bytes", Some(1_000), |limits| load(&[("Chart.yaml", 100), ("a", 1_000)], limits)),
    ("chart-entries", Some(3), |limits| load(&[("Chart.yaml", 100), ("a", 1), ("b", 1)], limits)),
    ("chart-name-bytes", Some(12), |limits| load(&[("Chart.yaml", 100), ("name-of-12.x", 1)], limits)),
    ("subchart-depth", Some(2), |limits| {
        let chart = |name: &str| file(name, "apiVersion: v2\nname: a\nversion: 1.0.0\n");
        let files = ["Chart.yaml", "charts/a/Chart.yaml", "charts/a/charts/a/Chart.yaml"].map(chart);
        Chart::from_files(files.to_vec(), limits).map(drop)
    }),
    ("values-file-bytes", Some(1_000), |limits| {
        render(limits, "", |bake| bake.values_text("v.yaml", &padded("a: 1", 1_000)))
    }),
    ("set-index", Some(7), |limits| render(limits, "", |bake| bake.set("a[7]=1"))),
    ("set-depth", Some(3), |limits| render(limits, "", |bake| bake.set("a.b.c.d=1"))),
    ("set-index-depth", Some(3), |limits| render(limits, "", |bake| bake.set("a[0][0][0]=1"))),
    ("set-slots", Some(8), |limits| render(limits, "", |bake| bake.set("a[2]=1").set("b[4]=1"))),
    ("yaml-depth", None, |limits| render(limits, "", |bake| bake.values_text("v.yaml", b"a: [[[[1]]]]"))),
    ("yaml-alias-bytes", None, |limits| {
        render(limits, "", |bake| bake.values_text("v.yaml", b"a: &a long text\nb: [*a, *a, *a]\n"))
    }),
    ("json-depth", Some(3), |limits| render(limits, "{{ $a := mustFromJson \"[[[1]]]\" }}", |bake| bake)),
    ("paren-depth", Some(3), |limits| render(limits, "{{ $a := (((1))) }}", |bake| bake)),
    ("block-depth", Some(2), |limits| render(limits, "{{ if 1 }}{{ with 1 }}{{ end }}{{ end }}", |bake| bake)),
    ("call-depth", Some(3), |limits| {
        let text =
            "{{ define \"a\" }}{{ if . }}{{ template \"a\" (rest .) }}{{ end }}{{ end }}{{ template \"a\" (list 1) }}";
        render(limits, text, |bake| bake)
    }),
    ("include-depth", None, |limits| {
        let text = "{{ define \"a\" }}{{ if . }}{{ include \"a\" (rest .) }}{{ end }}{{ end }}{{ include \"a\" (list 1 2 3) }}";
        render(limits, text, |bake| bake)
    }),
    ("value-depth", Some(3), |limits| render(limits, "{{ $a := list (list (list 1)) | toString }}", |bake| bake)),
    ("merge-steps", Some(3), |limits| merge(limits, "a: {b: {c: {}}}")),
    ("merge-bytes", None, |limits| merge(limits, "a: {b: a text}")),
    ("fuel", None, |limits| render(limits, "{{ range until 1000 }}{{ end }}", |bake| bake)),
    ("value-bytes", Some(1_000), |limits| render(limits, "{{ $a := repeat 1000 \"a\" }}", |bake| bake)),
    ("total-value-bytes", None, |limits| {
        render(limits, "{{ $a := repeat 1000 \"a\" }}{{ $b := repeat 1000 \"b\" }}", |bake| bake)
    }),
    ("output-bytes", Some(10), |limits| render(limits, "{{ range 5 }}# {{ end }}", |bake| bake)),
    ("documents", Some(3), |limits| render(limits, "a: 1\n---\nb: 1\n---\nc: 1\n", |bake| bake)),
    ("regex-bytes", None, |limits| render(limits, "{{ $a := regexMatch \"(ab?){3,50}\" \"a\" }}", |bake| bake)),
    ("schema-depth", None, |limits| schema(limits, r#"{"allOf": [{"allOf": [{"allOf": [{"type": "object"}]}]}]}"#)),
    ("schema-steps", None, |limits| schema(limits, r#"{"type": "object", "minProperties": 0}"#)),
];

#[test]
fn each_limit_holds_to_the_last_unit_and_names_its_flag() {
    let mut wrong = Vec::new();
    for (name, expected, run) in ROWS {
        let at = |value: u64| {
            let mut limits = Limits::helm();
            assert!(limits.set(name, value), "{name}");
            run(&limits)
        };
        // the least value that does
        let (mut fails, mut does) = (0, 1 << 20);
        at(does).unwrap_or_else(|e| panic!("{name}: {e}"));
        while fails + 1 < does {
            let middle = fails.midpoint(does);
            if at(middle).is_ok() { does = middle } else { fails = middle }
        }
        if expected.is_some_and(|expected| does != expected) {
            wrong.push(format!("{name}: {does}, expected {expected:?}"));
        }
        let error = at(does - 1).expect_err(name);
        if (error.kind(), error.limit()) != (ErrorKind::Limit, Some(*name))
            || !format!("{error:#}").contains(&format!("raise it with --limit {name}="))
        {
            wrong.push(format!("{name}: {:?} {:?} {error:#}", error.kind(), error.limit()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_has_every_limit() {
    let names: Vec<_> = Limits::names().filter(|name| name != "error-bytes").collect();
    assert_eq!(ROWS.iter().map(|row| row.0).collect::<Vec<_>>(), names);
    assert!(!Limits::helm().set("no-such-limit", 1));
}

#[test]
fn an_error_is_no_longer_than_its_limit() {
    let mut limits = Limits::helm();
    limits.error_bytes = 200;
    let error = render(&limits, &format!("{{{{ fail (repeat 1000 \"x\") }}}}"), |bake| bake).unwrap_err();
    assert!(error.message().len() < 300, "{}", error.message().len());
}

/// What a function reads, and what it makes on the way, is paid for: a loop over it ends.
#[test]
fn work_on_what_is_large_is_paid_for() {
    let mut limits = Limits::helm();
    limits.fuel = 200_000;
    let text = "{{ $s := repeat 1000000 \"a\" }}{{ range 100 }}{{ $x := CALL }}{{ end }}";
    for call in [
        "contains \"b\" $s",
        "hasPrefix $s $s",
        "trunc 999999 $s",
        "eq $s (print $s)",
        "lt $s $s",
        "lower $s",
        "has $s (list $s)",
        "float64 $s",
        "html $s",
        "regexMatch $s \"a\"",
        "uniq (list $s)",
        "sortAlpha (list $s $s)",
        "tpl $s $",
        "$.Files.Lines $s",
    ] {
        let error = render(&limits, &text.replace("CALL", call), |bake| bake).unwrap_err();
        assert_eq!(error.limit(), Some("fuel"), "{call}");
    }
    let map = "{{ $d := dict }}{{ range $i := until 2000 }}{{ $_ := set $d (print $i) 1 }}{{ end }}";
    for call in ["keys $d", "values $d", "omit $d \"a\"", "merge (dict) $d"] {
        let text = format!("{map}{{{{ range 100 }}}}{{{{ $x := {call} }}}}{{{{ end }}}}");
        assert_eq!(render(&limits, &text, |bake| bake).unwrap_err().limit(), Some("fuel"), "{call}");
    }
}

/// A search is paid for by what it looks at: to the end of the text, by all ways through the pattern.
#[test]
fn searches_are_paid_for() {
    let mut limits = Limits::helm();
    limits.fuel = 1_000_000;
    let text = "{{ $s := repeat 500000 \"ab\" }}{{ range 20 }}{{ $x := CALL }}{{ end }}";
    for (call, pays) in [
        ("regexMatch \"a[ab]*c\" $s", true),
        ("regexFind \"a[ab]*c\" $s", true),
        ("regexFindAll \"a[ab]*c|b\" $s 1", true),
        ("regexReplaceAll \"a[ab]*c|b\" (trunc 1000 $s) \"${0}\"", true),
        ("regexMatch \"[a-m][a-y]{30}[^a-z]\" (trunc 10000 $s)", true),
        ("regexMatch \"a-text-of-more-than-thirty-letters\" (trunc 10000 $s)", false),
    ] {
        let done = render(&limits, &text.replace("CALL", call), |bake| bake);
        assert_eq!(done.err().and_then(|error| error.limit()), pays.then_some("fuel"), "{call}");
    }
}

/// The files of a chart are encoded anew each time.
#[test]
fn many_files_are_paid_for() {
    let mut limits = Limits::helm();
    limits.fuel = 200_000;
    let names = (0..2000).map(|i| file(&format!("files/{i}"), "x"));
    for call in ["toJson", "toYaml", "toYamlPretty", "toToml", "print", "printf \"%q\"", "deepEqual $.Chart"] {
        let template = format!("{{{{ range 10 }}}}{{{{ $x := {call} $.Files }}}}{{{{ end }}}}");
        let mut files = vec![file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n")];
        files.push(file("templates/t.yaml", &template));
        files.extend(names.clone());
        let chart = Chart::from_files(files, &Limits::helm()).unwrap();
        let error = Bake::new(&chart).limits(limits.clone()).render().err();
        let pays = (call != "deepEqual $.Chart").then_some("fuel");
        assert_eq!(error.and_then(|error| error.limit()), pays, "{call}");
    }
}

#[test]
fn a_text_that_grows_stops_at_the_limit_of_a_value() {
    let mut limits = Limits::helm();
    limits.value_bytes = 1 << 20;
    for text in [
        "{{ $s := repeat 10000 \"a\" }}{{ $x := regexReplaceAll \"a\" $s $s }}",
        "{{ $s := repeat 10000 \"a\" }}{{ $x := regexReplaceAll \"(a+)\" $s (repeat 10000 \"${1}\") }}",
        "{{ $x := wrapWith 1 (repeat 10000 \"x\") (repeat 10000 \"a \") }}",
        "{{ $s := repeat 1000000 \"a\" }}{{ $x := cat $s $s $s $s $s $s $s $s $s $s }}",
    ] {
        assert_eq!(render(&limits, text, |bake| bake).unwrap_err().limit(), Some("value-bytes"), "{text}");
    }
    // compiled texts count as long as they are kept
    limits.total_value_bytes = 4 << 20;
    let texts = "{{ range $i := until 100 }}{{ $x := tpl (print $i (repeat 1000 \"{{1}}\")) $ }}{{ end }}";
    assert_eq!(render(&limits, texts, |bake| bake).unwrap_err().limit(), Some("total-value-bytes"));
}

#[test]
fn values_that_are_gone_make_room() {
    let mut limits = Limits::helm();
    limits.total_value_bytes = 1 << 20;
    let over = "{{ range 100 }}{{ $a := repeat 100000 \"a\" }}{{ $d := dict \"a\" (list $a 1 2) }}{{ end }}";
    render(&limits, over, |bake| bake).unwrap();
    let kept = "{{ $l := list }}{{ range $i := until 100 }}{{ $l = append $l (printf \"%0100000d\" $i) }}{{ end }}";
    assert_eq!(render(&limits, kept, |bake| bake).unwrap_err().limit(), Some("total-value-bytes"));
}

fn file(name: &str, text: &str) -> File {
    File { name: name.to_owned(), data: text.into() }
}

fn render(limits: &Limits, template: &str, with: for<'c> fn(Bake<'c>) -> Bake<'c>) -> Result {
    let files =
        vec![file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"), file("templates/t.yaml", template)];
    let chart = Chart::from_files(files, &Limits::helm())?;
    with(Bake::new(&chart)).limits(limits.clone()).render().map(drop)
}

/// Merges values into the same ones of a chart.
fn merge(limits: &Limits, values: &str) -> Result {
    let files = vec![file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"), file("values.yaml", values)];
    let chart = Chart::from_files(files, &Limits::helm())?;
    Bake::new(&chart).values_text("v.yaml", values.as_bytes()).limits(limits.clone()).render().map(drop)
}

fn schema(limits: &Limits, text: &str) -> Result {
    let files = vec![file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n"), file("values.schema.json", text)];
    let chart = Chart::from_files(files, &Limits::helm())?;
    Bake::new(&chart).limits(limits.clone()).render().map(drop)
}

/// A text, made `len` bytes long by a comment.
fn padded(text: &str, len: usize) -> Vec<u8> {
    let mut text = format!("{text}\n#").into_bytes();
    text.resize(len, b'x');
    text
}

/// Loads an archive of files with these names and sizes.
fn load(files: &[(&str, usize)], limits: &Limits) -> Result {
    let bytes = testkit::archive::tarball(files.iter().map(|(name, size)| {
        let text = if *name == "Chart.yaml" { "apiVersion: v2\nname: a\nversion: 1.0.0" } else { "" };
        let data = if text.is_empty() { vec![b'x'; *size] } else { padded(text, *size) };
        (format!("c/{name}"), data)
    }));
    Chart::from_archive(&bytes, limits)?;
    // an archive that is a file is loaded under the same limits
    let scratch = Scratch::new("limits");
    let path = scratch.written("c.tgz", &bytes);
    Chart::load_with(&path, Links::Inside, limits).map(drop)
}

#[test]
fn a_hundred_faults_of_all_charts_together_have_an_origin() {
    let mut files = vec![file("Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n")];
    let mut values = String::new();
    for sub in ["x", "y", "z"] {
        files
            .push(file(&format!("charts/{sub}/Chart.yaml"), &format!("apiVersion: v2\nname: {sub}\nversion: 1.0.0\n")));
        let schema = r#"{"additionalProperties": {"type": "object"}}"#;
        files.push(file(&format!("charts/{sub}/values.schema.json"), schema));
        let keys = (0..60).map(|key| format!("  k{key}: 1\n"));
        values.extend([format!("{sub}:\n")].into_iter().chain(keys));
    }
    files.push(file("values.yaml", &values));
    let chart = Chart::from_files(files, &Limits::helm()).unwrap();
    let problems = Bake::new(&chart).skip_schema_validation().prepare().unwrap().schema_problems().unwrap();
    let known = problems.iter().filter(|problem| problem.origin.is_some()).count();
    assert_eq!((problems.len(), known), (180, 100));
}
