//! What the real Helm says, for each keyword.

use super::*;
use crate::values::testing::json;

fn answer(schema: &str, values: &str) -> String {
    let run = Run::default();
    let checked = Schema::compile(&schema.into(), &run).and_then(|s| s.validate(&json(values, 1), &run));
    match checked {
        Ok(()) => "ok".to_owned(),
        Err(error) => error.message().to_owned(),
    }
}

#[test]
fn texts_are_helms() {
    for (schema, values, want) in [
        (r#"{"type":"object","required":["a"]}"#, r#"{"a":1}"#, "ok"),
        (r#"{"properties":{"a":{"type":"integer"}}}"#, r#"{"a":1.5}"#, "- at '/a': got number, want integer\n"),
        (r#"{"properties":{"a":{"type":"integer"}}}"#, r#"{"a":1e20}"#, "ok"),
        (
            r#"{"properties":{"a":{"enum":[1,2.50,"a"]}}}"#,
            r#"{"a":3}"#,
            "- at '/a': value must be one of 1, 2.50, 'a'\n",
        ),
        (r#"{"properties":{"a":{"enum":[1,2.50,"a"]}}}"#, r#"{"a":2.5}"#, "ok"),
        (r#"{"properties":{"a":{"const":1e400}}}"#, r#"{"a":3}"#, "- at '/a': value must be 1e400\n"),
        (r#"{"properties":{"a":{"const":{}}}}"#, r#"{"a":3}"#, "- at '/a': 'const' failed\n"),
        (
            r#"{"properties":{"l":{"uniqueItems":true,"oneOf":[{},{"type":"array"}],"not":{}}}}"#,
            r#"{"l":[1,2,1]}"#,
            "- at '/l': items at 0 and 2 are equal\n- at '/l': 'not' failed\n- at '/l': 'oneOf' failed, subschemas 0, 1 matched\n",
        ),
        (
            r#"{"properties":{"l":{"items":{"type":["string","boolean"]},"contains":{"const":5},"maxItems":2}},"anyOf":[{"required":["p"]},{"required":["q"]}]}"#,
            r#"{"l":[1,2,3]}"#,
            "- at '/l': validation failed\n  - at '/l': maxItems: got 3, want 2\n  - at '/l/0': got number, want boolean or string\n  - at '/l/1': got number, want boolean or string\n  - at '/l/2': got number, want boolean or string\n  - at '/l': no items match contains schema\n    - at '/l/0': value must be 5\n    - at '/l/1': value must be 5\n    - at '/l/2': value must be 5\n- at '': 'anyOf' failed\n  - at '': missing property 'p'\n  - at '': missing property 'q'\n",
        ),
        (
            r#"{"properties":{"m":{"additionalProperties":false,"minProperties":12345,"required":["x","y'z"]}}}"#,
            r#"{"m":{"a":1,"b":2}}"#,
            "- at '/m': minProperties: got 2, want 12,345\n- at '/m': missing properties 'x', 'y\\'z'\n- at '/m': additional properties 'a', 'b' not allowed\n",
        ),
        (
            r#"{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"s":{"format":"ipv4"}}}"#,
            r#"{"s":"it's \"q\" é\n"}"#,
            "- at '/s': 'it\\'s \"q\" é\\n' is not valid ipv4: expected four decimals\n",
        ),
        (r#"{"properties":{"s":{"format":"ipv4"}}}"#, r#"{"s":"x"}"#, "ok"),
        (
            r##"{"$ref":"#/properties/a","properties":{"a":{"$ref":"#"}}}"##,
            "{}",
            "- at '': both /$ref/$ref and  resolve to \"file:///values.schema.json#\" causing reference cycle\n",
        ),
        (
            r##"{"$defs":{"p":{"minimum":3}},"properties":{"a":{"$ref":"#/$defs/p"}}}"##,
            r#"{"a":1}"#,
            "- at '/a': minimum: got 1, want 3\n",
        ),
        ("false", "{}", "- at '': false schema\n"),
        (
            r#"{"additionalProperties":{"multipleOf":0.77}}"#,
            r#"{"a":1234567.5}"#,
            "- at '/a': multipleOf: got 1.2345675×10⁰⁶, want 0.77\n",
        ),
    ] {
        assert_eq!(answer(schema, values), want, "{schema}");
    }
}

#[test]
fn bad_schemas_are_refused_as_helm_does() {
    for (schema, want) in [
        (r#"{"a":1,}"#, "invalid character '}' looking for beginning of object key string"),
        (r#"{"a":1} x"#, "invalid character after top-level value"),
        ("", "EOF"),
        ("a: 1", "invalid character 'a' looking for beginning of value"),
        (r##"{"$ref":"#/foo"}"##, "json-pointer in \"file:///values.schema.json#/foo\" not found"),
        (
            r##"{"properties":{"l":{"$ref":"#foo"}}}"##,
            "anchor in \"file:///values.schema.json#foo\" not found in schema \"file:///values.schema.json\"",
        ),
        (
            "null",
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': got null, want boolean or object",
        ),
        (
            r#"{"type":"obj","properties":{"n":{"maximum":"x"}, "m":5}}"#,
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '': validation failed\n    - at '/properties/n': 'allOf' failed\n      - at '/properties/n/maximum': got string, want number\n    - at '/properties/m': got number, want boolean or object\n  - at '/type': 'anyOf' failed\n    - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n    - at '/type': got string, want array",
        ),
        (
            r#"{"properties":{"n":{"pattern":"(?=a)"}}}"#,
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with 'https://json-schema.org/draft/2020-12/schema#'\n- at '': 'allOf' failed\n  - at '/properties/n': 'allOf' failed\n    - at '/properties/n/pattern': '(?=a)' is not valid regex: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
        ),
    ] {
        assert_eq!(answer(schema, "{}"), want, "{schema}");
    }
    for schema in [
        r#"{"properties":{"l":{"$ref":"file:///etc/passwd"}}}"#,
        r#"{"properties":{"l":{"$ref":"other.json"}}}"#,
        r#"{"$ref":"http://127.0.0.1/x"}"#,
        r#"{"$schema":"https://127.0.0.1/x"}"#,
    ] {
        assert!(answer(schema, "{}").starts_with("failing loading "), "{schema}");
    }
}

#[test]
fn urns_are_taken_for_granted() {
    let run = Run::default();
    let schema = Schema::compile(&r#"{"properties":{"l":{"$ref":"urn:x"}}}"#.into(), &run).unwrap();
    assert_eq!(schema.warnings().len(), 1);
    assert!(schema.validate(&json(r#"{"l":1}"#, 1), &run).is_ok());
}

#[test]
fn every_draft() {
    let draft = |name: &str, rest: &str| format!(r#"{{"$schema":"{name}",{rest}}}"#);
    let d4 = "http://json-schema.org/draft-04/schema#";
    let d7 = "http://json-schema.org/draft-07/schema#";
    let d2019 = "https://json-schema.org/draft/2019-09/schema";
    let d2020 = "https://json-schema.org/draft/2020-12/schema";
    let below = r#""properties":{"a":{"maximum":3,"exclusiveMaximum":true}}"#;
    assert_eq!(answer(&draft(d4, below), r#"{"a":3}"#), "- at '/a': exclusiveMaximum: got 3, want 3\n");
    assert!(answer(&draft(d7, below), r#"{"a":3}"#).contains("is not valid against metaschema"));
    let tuple = r#""properties":{"a":{"items":[{"type":"string"}],"additionalItems":false}}"#;
    assert_eq!(answer(&draft(d7, tuple), r#"{"a":["x",1,2]}"#), "- at '/a': last 2 additionalItem(s) not allowed\n");
    let tuple = r#""properties":{"a":{"prefixItems":[{"type":"string"}],"items":false}}"#;
    assert_eq!(answer(&draft(d2020, tuple), r#"{"a":["x",1]}"#), "- at '/a/1': false schema\n");
    let left =
        r##""$defs":{"b":{"properties":{"x":true}}},"allOf":[{"$ref":"#/$defs/b"}],"unevaluatedProperties":false"##;
    for draft in [draft(d2019, left), draft(d2020, left)] {
        assert_eq!(answer(&draft, r#"{"x":1}"#), "ok");
        assert_eq!(answer(&draft, r#"{"x":1,"y":2}"#), "- at '/y': false schema\n");
    }
    let tree = r##""$id":"https://x.io/tree","$recursiveAnchor":true,"properties":{"kids":{"items":{"$recursiveRef":"#"}},"n":{"type":"integer"}}"##;
    assert_eq!(
        answer(&draft(d2019, tree), r#"{"kids":[{"kids":[{"n":"x"}]}]}"#),
        "- at '/kids/0/kids/0/n': got string, want integer\n"
    );
    let tree = r##""$id":"https://x.io/tree","$dynamicAnchor":"node","properties":{"kids":{"items":{"$dynamicRef":"#node"}},"n":{"type":"integer"}}"##;
    assert_eq!(
        answer(&draft(d2020, tree), r#"{"kids":[{"kids":[{"n":"x"}]}]}"#),
        "- at '/kids/0/kids/0/n': got string, want integer\n"
    );
    let ids = r##""definitions":{"p":{"$id":"port.json","type":"integer"},"q":{"$id":"#q","type":"string"}},"properties":{"a":{"$ref":"port.json"},"b":{"$ref":"file:///port.json"},"c":{"$ref":"#q"}}"##;
    assert_eq!(answer(&draft(d7, ids), r#"{"a":1,"b":2,"c":"x"}"#), "ok");
    assert_eq!(answer(&draft(d7, ids), r#"{"a":1,"b":2,"c":3}"#), "- at '/c': got number, want string\n");
    assert_eq!(
        answer(r#"{"$ref":"http://json-schema.org/draft-07/schema#"}"#, r#"{"type":3}"#),
        "- at '/type': 'anyOf' failed\n  - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'\n  - at '/type': got number, want array\n"
    );
}

#[test]
fn hostile_schemas_end() {
    let run = Run::default();
    // two references on each of 60 levels
    let level = |i: usize, keyword: &str| {
        format!(r##""l{i}":{{"{keyword}":[{{"$ref":"#/$defs/l{n}"}},{{"$ref":"#/$defs/l{n}"}}]}}"##, n = i + 1)
    };
    for (keyword, last) in [("allOf", "true"), ("anyOf", r#"{"type":"null"}"#)] {
        let levels: Vec<_> = (0..60).map(|i| level(i, keyword)).collect();
        let schema = format!(r##"{{"$ref":"#/$defs/l0","$defs":{{{},"l60":{last}}}}}"##, levels.join(","));
        let answer = answer(&schema, "{}");
        assert!(answer.len() < 2 * run.limits.error_bytes, "{keyword}");
    }
    let nested = format!("{}true{}", r#"{"allOf":["#.repeat(3000), "]}".repeat(3000));
    assert_eq!(answer(&nested, "{}"), "ok");
    let nested = format!("{}false{}", r#"{"not":"#.repeat(3001), "}".repeat(3001));
    assert_eq!(answer(&nested, "{}"), "ok");
    let deep = format!("{}true{}", r#"{"properties":{"a":"#.repeat(30_000), "}}".repeat(30_000));
    assert!(answer(&deep, "{}") != "ok");
    let chain: Vec<_> = (0..20_000).map(|i| format!(r##""l{i}":{{"$ref":"#/$defs/l{}"}}"##, i + 1)).collect();
    let schema = format!(r##"{{"$ref":"#/$defs/l0","$defs":{{{},"l20000":true}}}}"##, chain.join(","));
    let error = Schema::compile(&schema.into(), &run).and_then(|s| s.validate(&Map::new(), &run)).unwrap_err();
    assert_eq!(error.limit(), Some("schema-depth"));
}
