//! Random schemas: the same exit and the same text, as far as Helm's own text is always the same.

use std::collections::BTreeMap;

use crate::case::{Answer, Case};
use crate::helm::Helm;
use crate::{Args, save_with, schema, show};

/// How often Helm is asked whether it wavers: it walks maps in any order.
const ASKED: usize = 24;

/// What two answers have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Valid,
    /// Both refuse, with the same text, byte for byte.
    SameText,
    /// The same lines in another order, and Helm's order is not always the same.
    SameLines,
    /// Helm says several things, ours among them.
    AmongSeveral,
    /// Helm says several things, and was not heard to say ours.
    Wavers,
    /// A reference to a file or a host: here it is refused as such.
    Outside,
    OtherOrder,
    OtherText,
    OnlyHelmFails,
    OnlyWeFail,
    HelmDied,
}

/// Asks both programs; true where no answer differs.
pub(crate) fn run(helm: &mut Helm, args: &Args) -> bool {
    let mut equal = true;
    for (draft, name) in schema::DRAFTS.iter().enumerate() {
        let mut counts: BTreeMap<Verdict, u64> = BTreeMap::new();
        for seed in args.seed..args.seed + args.count {
            let case = schema::case(seed, draft);
            helm.ask(&case);
            let ours = case.bake();
            let theirs = helm.answer();
            let verdict = judge(helm, &case, theirs.as_ref(), &ours);
            *counts.entry(verdict).or_default() += 1;
            let differs = verdict >= Verdict::OtherOrder;
            equal &= !differs;
            if differs || args.show || (args.errors && verdict == Verdict::Wavers) {
                println!("draft {name} seed {seed}: {verdict:?}");
                println!("-- helm --\n{}\n-- ours --\n{}", theirs.map(|a| show(&a)).unwrap_or_default(), show(&ours));
                if let Some(folder) = &args.save {
                    let same = |helm: &mut Helm, case: &Case| {
                        let theirs = helm.of(case);
                        judge(helm, case, theirs.as_ref(), &case.bake()) == verdict
                    };
                    save_with(helm, &case, same, &folder.join(format!("{name}-{seed}-{verdict:?}")));
                }
            }
        }
        println!("draft {name}, seeds {} to {}: {counts:?}", args.seed, args.seed + args.count - 1);
    }
    equal
}

fn judge(helm: &mut Helm, case: &Case, theirs: Option<&Answer>, ours: &Answer) -> Verdict {
    let Some(theirs) = theirs else { return Verdict::HelmDied };
    match (theirs.failed(), ours.failed()) {
        (false, false) => return Verdict::Valid,
        (true, true) if theirs.error == ours.error => return Verdict::SameText,
        (true, true) if is_outside(&theirs.error) && is_outside(&ours.error) => return Verdict::Outside,
        _ => {}
    }
    let mut answers = vec![theirs.clone()];
    answers.extend((0..ASKED).filter_map(|_| helm.of(case)));
    if answers.contains(ours) {
        return Verdict::AmongSeveral;
    }
    let several = answers.iter().any(|answer| answer != theirs);
    let lines = sorted(&ours.error);
    let all: Vec<Vec<String>> = answers.iter().map(|answer| sorted(&answer.error)).collect();
    if theirs.failed() == ours.failed() && all.contains(&lines) {
        return match (several, all.iter().all(|answer| *answer == lines)) {
            (false, _) => Verdict::OtherOrder,
            (true, true) => Verdict::SameLines,
            (true, false) => Verdict::AmongSeveral,
        };
    }
    if answers.iter().all(|answer| answer.failed() != ours.failed()) {
        return if ours.failed() { Verdict::OnlyWeFail } else { Verdict::OnlyHelmFails };
    }
    if all.iter().any(|answer| *answer != all[0]) { Verdict::Wavers } else { Verdict::OtherText }
}

fn is_outside(error: &str) -> bool {
    ["failing loading \"file:", "failing loading \"http:", "failing loading \"https:"]
        .iter()
        .any(|text| error.contains(text))
}

/// The lines of a text and the names in them, in an order that no map has to do with.
fn sorted(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let Some((before, rest)) = line.split_once("additional properties ") else { return line.to_owned() };
        let mut names: Vec<&str> = rest.trim_end_matches(" not allowed").split(", ").collect();
        names.sort_unstable();
        format!("{before}additional properties {}", names.join(", "))
    };
    let mut lines: Vec<String> = text.lines().map(line).collect();
    lines.sort_unstable();
    lines
}
