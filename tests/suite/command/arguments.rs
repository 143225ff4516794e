//! What the whole command has: exit codes of wrong arguments, completions of shells, man pages.

use testkit::Scratch;

use crate::program::{PROJECT, Runs, bake, output};

#[test]
fn wrong_arguments_have_an_exit_code_of_their_own() {
    for (args, code) in [
        (&["fleet"][..], 2),
        (&["diff", "--formt", "x"], 2),
        (&["no/such/folder", "--stack", "x"], 2),
        (&["deploy-values/sample/web/frontend", "--stack", "nope"], 2),
        (&["deploy-values/sample/web/frontend", "--stack", "prod", "--set", "replicas=x"], 1),
        // as Helm
        (&["template", "--nope"], 1),
        (&["template", "a", "no/chart"], 1),
        (&["--help"], 0),
        (&["--version"], 0),
    ] {
        output(code, PROJECT, args);
    }
}

#[test]
fn shells_and_man_are_served() {
    for (shell, want) in [("bash", "complete -F _bake"), ("zsh", "#compdef bake"), ("fish", "complete -c bake")] {
        assert!(output(0, ".", &["completions", shell]).contains(want), "{shell}");
    }
    output(2, ".", &["completions", "none"]);
    assert!(output(0, ".", &["man"]).contains(".TH bake 1"));
    let scratch = Scratch::new("man");
    scratch.run(0, &["man", "-o", "pages"]);
    assert!(scratch.dir().join("pages/bake-fleet.1").is_file());
}

#[test]
fn a_word_that_is_no_command_is_named_with_what_to_do() {
    for (line, said) in [
        ("templte x y", "did you mean the command \"template\"?"),
        ("dependency build x", "use helm dependency"),
        ("upgrade r chart", "use helm upgrade"),
    ] {
        let out = bake(line.split(' '));
        let errors = String::from_utf8(out.stderr).unwrap();
        assert!(errors.starts_with("Error: unknown command ") && errors.contains(said), "{errors}");
        assert_eq!(out.status.code(), Some(2), "{line}");
    }
    let short = bake(["version", "--short"]);
    assert_eq!(String::from_utf8(short.stdout).unwrap(), "v3.22.0\n");
}
