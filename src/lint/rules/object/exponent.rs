//! Numbers that became `1e+06` on their way: Helm reads every number of the values as a float, and templates print large ones with
//! an exponent. Go: `strconv.FormatFloat` with the format `g`.

use crate::lint::field::Field;
use crate::lint::objects::{Object, Release};
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B313",
    name: "exponent",
    severity: Severity::Warning,
    about: "a text with a number such as 1e+06, which the values wrote with all its digits",
    check: Check::Objects(check),
};

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in &release.objects {
        let root = Field::root(object);
        texts(&root, object, found);
        if object.kind == "ConfigMap" {
            root.within(&["data"], &mut |data| data.entries().for_each(|entry| judge(&entry, object, found)));
        }
        let Some((_, way)) = object.template() else { continue };
        root.within(way, &mut |template| {
            if !way.is_empty() {
                texts(template, object, found);
            }
            let Some(spec) = template.get("spec") else { return };
            for list in ["initContainers", "containers"] {
                for container in spec.each(list) {
                    if let Some(image) = container.get("image") {
                        judge(&image, object, found);
                    }
                    for list in ["command", "args"] {
                        container.each(list).for_each(|text| judge(&text, object, found));
                    }
                    for variable in container.each("env") {
                        if let Some(value) = variable.get("value") {
                            judge(&value, object, found);
                        }
                    }
                }
            }
        });
    }
}

/// Labels and annotations.
fn texts(field: &Field<'_>, object: &Object, found: &mut RuleFindings<'_>) {
    for map in ["labels", "annotations"] {
        field.within(&["metadata", map], &mut |map| map.entries().for_each(|entry| judge(&entry, object, found)));
    }
}

fn judge(field: &Field<'_>, object: &Object, found: &mut RuleFindings<'_>) {
    let Some((text, digits)) = field.node.as_str().and_then(exponent) else { return };
    let message = format!("{text} stands where the values have the number {digits}");
    let note = found.on(object, field.path(), message).values_text(&[], &digits);
    note.fix(format!("write it in quotes: \"{digits}\", or print it with `int64` in the template"));
}

/// A number with an exponent in a text, and all its digits.
fn exponent(text: &str) -> Option<(String, String)> {
    // a long text is a script or a document
    if text.len() > 300 {
        return None;
    }
    text.split(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | '+' | '-'))).find_map(|word| {
        let (number, power) = word.split_once("e+")?;
        let is_number = number.strip_prefix('-').unwrap_or(number);
        let (whole, part) = is_number.split_once('.').unwrap_or((is_number, ""));
        let fits = whole.len() == 1
            && (2..=3).contains(&power.len())
            && [whole, part, power].iter().all(|digits| digits.bytes().all(|b| b.is_ascii_digit()));
        let value = word.parse::<f64>().ok().filter(|value| fits && value.fract() == 0.0 && value.abs() < 1e21)?;
        Some((word.to_owned(), format!("{value:.0}")))
    })
}

#[cfg(test)]
mod tests {
    use super::{RULE, exponent};
    use crate::lint::testing::assert_says;

    #[test]
    fn numbers() {
        for (text, want) in [
            ("1e+06", Some("1000000")),
            ("--max=1.234567e+06", Some("1234567")),
            ("app:2.0240101e+07", Some("20240101")),
            ("1e6", None),
            ("abce+06", None),
            ("12e+06", None),
            ("name+1", None),
        ] {
            assert_eq!(exponent(text).map(|(_, digits)| digits).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn rows() {
        let bake = |container: &str| {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec: {{template: {{spec: {{containers: [{{{container}}}]}}}}}}\n"
            )
        };
        for (container, want) in [
            ("image: a:1.2.3, args: ['--max=1000000']", ""),
            ("image: 'a:2.0240101e+07'", "image: 2.0240101e+07 stands where the values have the number 20240101"),
            ("env: [{name: A, value: 1e+06}]", ""),
            ("env: [{name: A, value: '1e+06'}]", "env[0].value: 1e+06 stands where the values have the number 1000000"),
        ] {
            assert_says(&RULE, &bake(container), "Deployment/web spec.template.spec.containers[0].", want);
        }
        let annotated = "kind: Service\nmetadata: {name: web, annotations: {a: '5e+06'}}\n";
        let want = "metadata.annotations.a: 5e+06 stands where the values have the number 5000000";
        assert_says(&RULE, annotated, "Service/web ", want);
    }
}
