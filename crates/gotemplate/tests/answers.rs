//! The answers of Go's text/template that the folder `BAKE_SHARED` has; `testkit::answers` tells how they are judged.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // a test may

use std::sync::Arc;

use gotemplate::value::{Elem, List, Str};
use gotemplate::{Budget, Executor, FuncTable, Limits, MissingKey, Set, Unit, Value};
use serde_json::Value as Json;
use testkit::answers::{self, Outcome, difference};
use testkit::need;

#[test]
fn templates_answer_as_go_does() {
    let Some(shared) = need::shared() else { return };
    let cases = answers::cases(&shared.join("oracle/template/cases.jsonl"));
    answers::judge(vec![("template", answers::run_all(&cases, outcome))]);
}

fn outcome(case: &Json) -> Outcome {
    let about = case["Group"].as_str().unwrap().to_owned();
    let want = match case["Err"].as_str().unwrap() {
        "" => Ok(case["Out"].as_str().unwrap().to_owned()),
        error => Err(error.to_owned()),
    };
    let got = render(case);
    let difference = match (&want, &got) {
        (Ok(want), Ok(got)) => difference(&about_case(case), want.as_bytes(), got),
        (Err(want), Err(got)) => difference(&about_case(case), want.as_bytes(), got.as_bytes()),
        _ => Some(format!("{}\n    want {want:?}\n    got  {:?}", about_case(case), got.map(String::from_utf8))),
    };
    Outcome { id: case["ID"].as_str().unwrap().to_owned(), about, difference }
}

fn about_case(case: &Json) -> String {
    format!("{} {:?}", case["ID"].as_str().unwrap(), case["Tmpls"][0]["Text"].as_str().unwrap())
}

fn render(case: &Json) -> Result<Vec<u8>, String> {
    let table = Arc::new(FuncTable::new([]));
    let limits = Limits::helm();
    let mut set = Set::new("gotpl");
    for template in case["Tmpls"].as_array().unwrap() {
        let (name, text) = (template["Name"].as_str().unwrap(), template["Text"].as_str().unwrap());
        let unit = Unit::compile_named(name, &Str::from(text), &table, &limits).map_err(|e| e.to_string())?;
        set.add(name, &Arc::new(unit)).map_err(|e| e.to_string())?;
    }
    let missing_key = match case["MissingKey"].as_str().unwrap() {
        "zero" => MissingKey::Zero,
        "error" => MissingKey::Error,
        _ => MissingKey::Default,
    };
    let budget = Budget::new(limits);
    let mut out = Vec::new();
    Executor::new(&set, &table, &(), &budget, missing_key)
        .execute(case["Exec"].as_str().unwrap(), &value(&case["Data"]), &mut out)
        .map_err(|e| e.to_string())?;
    Ok(out)
}

/// Whole numbers are int here, others float64.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap()), Value::Int),
        Json::String(s) => Value::str(s.as_str()),
        Json::Array(items) => Value::List(List::appended(Elem::Any, items.iter().map(value).collect())),
        Json::Object(map) => Value::map(map.iter().map(|(k, v)| (k.as_str(), value(v)))),
    }
}
