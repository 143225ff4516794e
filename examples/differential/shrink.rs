//! Makes a case small while it stays what it is.

use crate::case::Case;

/// Takes away files, flags, lines and template actions for as long as `differs` holds; asks at most so many times.
pub(crate) fn shrink(mut case: Case, mut left: usize, mut differs: impl FnMut(&Case) -> bool) -> Case {
    loop {
        let before = case.clone();
        for candidate in smaller(&before) {
            // the candidates were made from an older state: take only those that are still smaller
            let Some(next) = candidate(&case) else { continue };
            if left == 0 {
                return case;
            }
            left -= 1;
            if differs(&next) {
                case = next;
            }
        }
        if case == before {
            return case;
        }
    }
}

type Step = Box<dyn Fn(&Case) -> Option<Case>>;

fn smaller(case: &Case) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for list in LISTS {
        for at in (0..list(&mut case.clone()).len()).rev() {
            steps.push(Box::new(move |case| remove(case, *list, at)));
        }
    }
    for switch in SWITCHES {
        steps.push(Box::new(move |case| {
            let mut next = case.clone();
            std::mem::take(switch(&mut next)).then_some(next)
        }));
    }
    for texts in TEXTS {
        for at in (0..texts(&mut case.clone()).len()).rev() {
            steps.push(Box::new(move |case| {
                let mut next = case.clone();
                let texts = texts(&mut next);
                (at < texts.len()).then(|| drop(texts.remove(at)))?;
                Some(next)
            }));
        }
        for at in 0..texts(&mut case.clone()).len() {
            let text = texts(&mut case.clone())[at].1.clone();
            for cut in cuts(&text) {
                let text = text.clone();
                steps.push(Box::new(move |case| {
                    let mut next = case.clone();
                    let now = &mut texts(&mut next).get_mut(at)?.1;
                    // a cut is an exact part of the text as it was: find it again
                    let part = &text[cut.clone()];
                    let found = now.find(part)?;
                    now.replace_range(found..found + part.len(), "");
                    Some(next)
                }));
            }
        }
    }
    steps
}

fn remove(case: &Case, list: fn(&mut Case) -> &mut Vec<String>, at: usize) -> Option<Case> {
    let mut next = case.clone();
    let items = list(&mut next);
    (at < items.len()).then(|| drop(items.remove(at)))?;
    Some(next)
}

/// Halves, quarters ... of the lines, each line, each action, and each piped command of an action.
fn cuts(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut cuts = Vec::new();
    let mut starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    starts.push(text.len());
    starts.dedup();
    let lines = starts.len().saturating_sub(1);
    let mut size = lines;
    while size > 0 {
        cuts.extend((0..lines).step_by(size).map(|from| starts[from]..starts[(from + size).min(lines)]));
        size /= 2;
    }
    for (open, close) in [("{{", "}}"), (" | ", " "), ("(", ")"), ("\"", "\"")] {
        for (at, _) in text.match_indices(open) {
            let after = at + open.len();
            if let Some(end) = text[after..].find(close) {
                cuts.push(at..after + end + if close == " " { 0 } else { close.len() });
            }
        }
    }
    cuts
}

const LISTS: &[fn(&mut Case) -> &mut Vec<String>] = &[
    |case| &mut case.set_json,
    |case| &mut case.set,
    |case| &mut case.set_string,
    |case| &mut case.set_literal,
    |case| &mut case.show_only,
    |case| &mut case.api_versions,
];

const SWITCHES: &[fn(&mut Case) -> &mut bool] = &[
    |case| &mut case.include_crds,
    |case| &mut case.no_hooks,
    |case| &mut case.skip_tests,
    |case| &mut case.is_upgrade,
    |case| &mut case.skip_schema,
];

const TEXTS: &[fn(&mut Case) -> &mut crate::case::Texts] = &[|case| &mut case.files, |case| &mut case.values];
