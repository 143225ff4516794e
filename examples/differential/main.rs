//! Random charts through the real Helm and through the library: the same bytes and the same exit, or a line that says
//! which seed differs.
//!
//!     cargo run --profile quick --example differential -- --seed 1 --count 50000
//!
//! The reference is Helm's own packages in one Go process (`helm/`, built when this starts; it needs Go). What else:
//!
//! - `--real N` checks the first N cases against the program `helm` too (HELM names another path): the reference must
//!   answer as it does.
//! - `--save FOLDER` shrinks each difference and writes it as a folder like those of `testdata/cases`.
//! - `--show` prints the case of each seed and both answers.
//! - `--schemas` makes random JSON schemas and values for them instead, `--count` of each draft, and compares the whole
//!   text of errors.
//! - `--errors` also lists where only the first line of an error differs; such cases are counted apart anyway.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)] // no library

mod case;
mod chart;
mod helm;
mod random;
mod schema;
mod schemas;
mod shrink;
mod template;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use case::{Answer, Case};
use helm::Helm;

#[derive(Default)]
struct Args {
    seed: u64,
    count: u64,
    real: u64,
    save: Option<PathBuf>,
    show: bool,
    errors: bool,
    schemas: bool,
}

/// What two answers have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    SameOutput,
    SameError,
    /// Both refuse a `--set` that goes through a value of another kind: Helm with the text of a panic, we with the reason.
    PanicInSet,
    /// Both refuse, with another first line.
    OtherError,
    OtherOutput,
    OnlyHelmFails,
    OnlyWeFail,
    /// Helm gives several answers to the same question, ours among them or not.
    HelmWavers,
    /// The process died or did not end: a stack overflow, too much memory, an endless loop.
    HelmDied,
}

fn main() {
    let args = args();
    let mut helm = Helm::build();
    if args.schemas {
        std::process::exit(i32::from(!schemas::run(&mut helm, &args)));
    }
    let program = std::env::var("HELM").unwrap_or_else(|_| "helm".to_owned());
    let scratch = std::env::temp_dir().join(format!("differential-{}", std::process::id()));
    let mut counts: BTreeMap<Verdict, u64> = BTreeMap::new();
    let start = Instant::now();
    for seed in args.seed..args.seed + args.count {
        let case = chart::case(seed);
        helm.ask(&case);
        let ours = case.bake();
        let theirs = helm.answer();
        if seed - args.seed < args.real
            && let Some(theirs) = &theirs
        {
            let real = helm::real(&program, &case, &scratch);
            let same = real.stdout == theirs.stdout && real.first_line() == theirs.first_line();
            assert!(same || wavers(&mut helm, &case), "seed {seed}: {program} answers {}", show(&real));
        }
        let verdict = judge(theirs.as_ref(), &ours);
        let verdict = if verdict > Verdict::PanicInSet && theirs.is_some() && wavers(&mut helm, &case) {
            Verdict::HelmWavers
        } else {
            verdict
        };
        *counts.entry(verdict).or_default() += 1;
        if args.show {
            print_case(&case);
            println!("helm: {}\nours: {}", theirs.as_ref().map(show).unwrap_or_default(), show(&ours));
        }
        let told = match verdict {
            Verdict::SameOutput
            | Verdict::SameError
            | Verdict::PanicInSet
            | Verdict::HelmWavers
            | Verdict::HelmDied => false,
            Verdict::OtherError => args.errors,
            _ => true,
        };
        if told {
            println!("seed {seed}: {verdict:?}");
            println!("  helm: {}\n  ours: {}", theirs.map(|a| about(&a)).unwrap_or_default(), about(&ours));
            if let Some(folder) = &args.save {
                save(&mut helm, &case, verdict, &folder.join(format!("{verdict:?}-{seed}")));
            }
        }
        if (seed - args.seed + 1).is_multiple_of(5000) {
            println!("{} cases, {:.0} s: {counts:?}", seed - args.seed + 1, start.elapsed().as_secs_f64());
        }
    }
    let _ = std::fs::remove_dir_all(scratch);
    println!("seeds {} to {}: {counts:?}", args.seed, args.seed + args.count - 1);
    let differ = counts
        .iter()
        .any(|(verdict, _)| matches!(verdict, Verdict::OtherOutput | Verdict::OnlyHelmFails | Verdict::OnlyWeFail));
    std::process::exit(i32::from(differ));
}

fn args() -> Args {
    let mut args = Args { seed: 1, count: 1000, ..Args::default() };
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let mut value = || given.next().unwrap_or_else(|| panic!("{flag} needs a value"));
        match flag.as_str() {
            "--seed" => args.seed = value().parse().unwrap(),
            "--count" => args.count = value().parse().unwrap(),
            "--real" => args.real = value().parse().unwrap(),
            "--save" => args.save = Some(value().into()),
            "--show" => args.show = true,
            "--errors" => args.errors = true,
            "--schemas" => args.schemas = true,
            _ => panic!("unknown flag {flag}"),
        }
    }
    args
}

fn judge(theirs: Option<&Answer>, ours: &Answer) -> Verdict {
    match theirs {
        None => Verdict::HelmDied,
        Some(theirs) => match (theirs.failed(), ours.failed()) {
            (false, false) if theirs.stdout == ours.stdout => Verdict::SameOutput,
            (false, false) => Verdict::OtherOutput,
            (true, false) => Verdict::OnlyHelmFails,
            (false, true) => Verdict::OnlyWeFail,
            (true, true) if theirs.first_line() == ours.first_line() => Verdict::SameError,
            (true, true) if theirs.error.contains("unable to parse key: interface conversion: ") => Verdict::PanicInSet,
            (true, true) => Verdict::OtherError,
        },
    }
}

/// Whether Helm answers differently when it is asked again: it walks some maps in any order.
fn wavers(helm: &mut Helm, case: &Case) -> bool {
    let first = helm.of(case);
    (0..12).any(|_| helm.of(case) != first)
}

/// Makes the case small and writes it.
fn save(helm: &mut Helm, case: &Case, verdict: Verdict, folder: &std::path::Path) {
    save_with(helm, case, |helm, case| judge(helm.of(case).as_ref(), &case.bake()) == verdict, folder);
}

/// Makes the case as small as it can be while it stays the same, and writes it with both answers.
fn save_with(helm: &mut Helm, case: &Case, same: impl Fn(&mut Helm, &Case) -> bool, folder: &std::path::Path) {
    let small = shrink::shrink(case.clone(), 3000, |case| same(helm, case));
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    small.write_to(folder).unwrap();
    let answers = format!("{}\n{}\n", helm.of(&small).map(|a| show(&a)).unwrap_or_default(), show(&small.bake()));
    std::fs::write(folder.join("answers"), answers).unwrap();
}

fn print_case(case: &Case) {
    for (name, text) in case.files.iter().chain(&case.values) {
        println!("-- {name} --\n{text}");
    }
    let flags = Case { files: Vec::new(), values: Vec::new(), ..case.clone() };
    println!("-- flags --\n{}", serde_json::to_string(&flags).unwrap());
}

fn show(answer: &Answer) -> String {
    format!("{}{}", String::from_utf8_lossy(&answer.stdout), answer.error)
}

fn about(answer: &Answer) -> String {
    if answer.failed() { answer.first_line().to_owned() } else { format!("{} bytes", answer.stdout.len()) }
}
