//! `bake template`: the command line of `helm template`. Helm: `cmd/helm/template.go`, `cmd/helm/install.go`.

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::{Args, Command as Clap, FromArgMatches};

use super::flags::helm::{InertArgs, RefusedArgs};
use super::flags::{ClusterArgs, ErrorFormat, LimitArgs, ValuesArgs, pflag, tls, values};
use super::output;
use super::output_dir::OutputDir;
use super::post_render::PostRenderer;
use crate::bake::{Bake, Chart, Prepared, release_name, with_advice};
use crate::chart::{Links, io_error};
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{self, Manifest, WriteOptions};
use crate::values::csv;
use crate::values::remote::{is_remote, no_download};
use go::strconv::{is_print, quote};

/// `bake template [NAME] CHART`
#[derive(Debug, Args)]
#[command(args_override_self = true, disable_help_flag = true)]
#[allow(clippy::struct_excessive_bools)] // they are Helm's flags
pub(super) struct TemplateArgs {
    /// The release name, then the chart. The name may be left out, and must be with -g and --name-template.
    #[arg(value_name = "NAME CHART")]
    pub names: Vec<String>,

    /// The namespace of the release.
    #[arg(short = 'n', long)]
    pub namespace: Option<String>,

    /// Include CRDs in the output.
    #[arg(long)]
    pub include_crds: bool,

    /// Accepted as in Helm; CRDs are left out by default.
    #[arg(long)]
    pub skip_crds: bool,

    /// Leave test hooks out.
    #[arg(long)]
    pub skip_tests: bool,

    /// Leave hooks out.
    #[arg(long)]
    pub no_hooks: bool,

    /// Render an upgrade: .Release.IsUpgrade instead of .Release.IsInstall.
    #[arg(long)]
    pub is_upgrade: bool,

    /// Show only the manifests of these templates.
    #[arg(short = 's', long, value_name = "TEMPLATE")]
    pub show_only: Vec<String>,

    /// Write one file per template into this folder instead of printing.
    #[arg(long, value_name = "DIR")]
    pub output_dir: Option<String>,

    /// Add the release name to the path below --output-dir.
    #[arg(long)]
    pub release_name: bool,

    /// A template for the release name.
    #[arg(long, value_name = "TEMPLATE")]
    pub name_template: Option<String>,

    /// Generate a release name.
    #[arg(short = 'g', long)]
    pub generate_name: bool,

    /// Do not validate the values against the chart's JSON schema.
    #[arg(long)]
    pub skip_schema_validation: bool,

    /// A program that reads the manifests on standard input and prints changed ones.
    #[arg(long, value_name = "PROGRAM")]
    pub post_renderer: Vec<String>,

    /// An argument of the post-renderer.
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub post_renderer_args: Vec<String>,

    /// Print the manifests even if they are not valid YAML, and more output.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = pflag::bool,
        value_name = "BOOL")]
    pub debug: Option<bool>,

    /// Follow symbolic links that lead out of the chart's folder, as Helm does.
    #[arg(long)]
    pub follow_symlinks: bool,

    /// How errors are printed [default: full on a terminal, else helm].
    #[arg(long, value_name = "FORMAT")]
    pub error_format: Option<ErrorFormat>,

    /// What the bake may use.
    #[command(flatten)]
    pub limits: LimitArgs,

    /// Values on the command line.
    #[command(flatten)]
    pub values: ValuesArgs,

    /// What the cluster can do.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// Flags that are accepted and have no effect.
    #[command(flatten)]
    pub inert: InertArgs,

    /// Flags that need a cluster or a download.
    #[command(flatten)]
    pub refused: RefusedArgs,

    /// Print this help.
    #[arg(short = 'h', long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
        value_parser = pflag::bool, value_name = "BOOL", help_heading = "Options")]
    pub help: Option<bool>,
}

impl TemplateArgs {
    /// Parses a command line from the word `template` on. `None` if it is wrong or asks for help, which `Cli::parser` then
    /// reports. Measured: a bake of the built-in `workload` takes 3 % more instructions if the flags of all commands are
    /// set up (13.1 instead of 12.7 million). docs/second-ways.md.
    pub(super) fn read(words: &[OsString]) -> Option<TemplateArgs> {
        let command = pflag::helm_switches(TemplateArgs::augment_args(Clap::new("template")));
        let matches = command.try_get_matches_from(words).ok()?;
        TemplateArgs::from_arg_matches(&matches).ok()
    }
}

pub(super) fn run(args: &TemplateArgs) -> Result<()> {
    // first the flags, in the order in which Helm looks at them
    let post_renderer = PostRenderer::find(&args.post_renderer, &args.post_renderer_args)?;
    csv::items("-f, --values", &args.values.values)?;
    csv::items("-a, --api-versions", &args.cluster.api_versions)?;
    if args.names.is_empty() {
        let text = "\"bake template\" requires at least 1 argument\n\nUsage:  bake template [NAME] [CHART] [flags]";
        return Err(Error::new(ErrorKind::Usage, text));
    }
    let capabilities = values::cluster(&args.cluster)?.capabilities()?;
    tls::check(&args.inert)?;
    let (name, chart) = name_and_chart(args)?;
    let path = locate(args, &chart)?;
    let links = if args.follow_symlinks { Links::Anywhere } else { Links::Inside };
    let limits = args.limits.limits();
    let mut warnings = Vec::new();
    let chart = match Chart::load_noting(&path, links, &limits, |warning| warnings.push(warning.clone())) {
        // the process ends after this bake: large values are leaked instead of dropped one by one
        Ok(chart) => ManuallyDrop::new(chart),
        Err(error) if !Path::new(&path).exists() => return Err(error),
        Err(error) => {
            // Helm finds the chart, reads the values, then reads the chart; errors are reported in this order
            values::layers(&args.values, &limits)?.merge(&limits)?;
            for warning in &warnings {
                output::warning(warning);
            }
            return Err(error);
        }
    };
    let mut bake = Bake::new(&chart)
        .layers(&values::layers(&args.values, &limits)?)
        .limits(limits.clone())
        .capabilities(capabilities)
        .release(&name)
        .namespace(namespace(args));
    if args.is_upgrade {
        bake = bake.upgrade();
    }
    if args.skip_schema_validation {
        bake = bake.skip_schema_validation();
    }
    let bake = match dry_run(args, bake) {
        Ok(bake) => bake,
        // in Helm, the values are read first
        Err(error) => return values::layers(&args.values, &limits)?.merge(&limits).and(Err(error)),
    };
    let debug = args.debug.unwrap_or_else(debug_of_environment);
    let prepared = bake.prepare_with(|warning| output::warning(warning)).map_err(|error| {
        if args.inert.dependency_update && error.kind() == ErrorKind::Dependency {
            return error.with_prefix("--dependency-update: bake downloads no dependencies. ");
        }
        error
    });
    let prepared = ManuallyDrop::new(prepared?);
    let manifest = ManuallyDrop::new(if debug {
        manifest_for_debug(args, &prepared)?
    } else {
        let files = prepared.render_files();
        files
            .and_then(|files| prepared.manifest_with(files, |warning| output::warning(warning)))
            .map_err(with_advice)?
    });
    let options =
        WriteOptions { include_crds: args.include_crds, no_hooks: args.no_hooks, skip_tests: args.skip_tests };
    let folder = args.output_dir.as_deref().filter(|folder| !folder.is_empty());
    if folder.is_none() && post_renderer.is_none() && args.show_only.is_empty() {
        return output::stream(|mut out| manifest.write_to(&mut out, &options));
    }
    let folder = folder.map(|folder| OutputDir { folder, release: args.release_name.then_some(name.as_str()) });
    deliver(args, &prepared, &manifest, options, folder.as_ref(), post_renderer.as_ref(), debug)
}

/// Passes the resources to the folder of `--output-dir` or to the post-renderer, then the hooks to the folder or to standard
/// output. A failure ends this at once, except with `--debug`: Helm then goes on with the hooks. Helm: `renderResources` in
/// `pkg/action/action.go`, `cmd/helm/template.go`.
fn deliver(
    args: &TemplateArgs,
    prepared: &Prepared<'_>,
    manifest: &Manifest,
    options: WriteOptions,
    folder: Option<&OutputDir<'_>>,
    post_renderer: Option<&PostRenderer<'_>>,
    debug: bool,
) -> Result<()> {
    let mut text = Vec::new();
    let files = manifest.output_files(&options);
    let mut done = match folder {
        Some(folder) => folder.write(files.iter().filter(|file| !file.is_hook).copied()),
        None => manifest.write_resources(&mut text, &options).map_err(|e| Error::io("standard output", e)),
    };
    if let (Ok(()), Some(program)) = (&done, post_renderer) {
        done = program.run(std::mem::take(&mut text)).map(|changed| text = changed);
    }
    if let Err(error) = done {
        if !debug {
            return Err(with_advice(error));
        }
        done = Err(error);
        text.clear();
    }
    text.truncate(text.trim_ascii_end().len());
    text.push(b'\n');
    let start = text.len() - text.trim_ascii_start().len();
    let start = start.min(text.len() - 1);
    match folder {
        Some(folder) => folder.write(files.iter().filter(|file| file.is_hook).copied())?,
        None => manifest.write_hooks(&mut text, &options).map_err(|e| Error::io("standard output", e))?,
    }
    let text = text.get(start..).unwrap_or_default();
    if args.show_only.is_empty() {
        output::print(text)?;
    } else {
        output::print(&show_only(text, args, prepared)?)?;
    }
    done
}

/// The documents of the templates that `--show-only` names, or an error that says why there are none.
fn show_only(text: &[u8], args: &TemplateArgs, prepared: &Prepared<'_>) -> Result<Vec<u8>> {
    manifest::show_only(text, &args.show_only).map_err(|error| {
        let missing = args.show_only.iter().find(|pattern| manifest::show_only(text, &[pattern]).is_err());
        let (Some(pattern), Ok(files)) = (missing, prepared.render_files()) else { return error };
        let names: Vec<&str> = files.iter().filter_map(|file| Some(file.name.split_once('/')?.1)).collect();
        if pattern.starts_with("crds/") && !args.include_crds {
            error.with_hint("--include-crds prints the CRDs")
        } else if args.output_dir.is_some() {
            error.with_hint("as in Helm, --output-dir leaves nothing for --show-only to show")
        } else if names.contains(&pattern.as_str()) {
            error.with_hint(
                "the template is there, but renders nothing with these values, or only what other flags leave out",
            )
        } else {
            error.did_you_mean(pattern, names.iter().copied())
        }
    })
}

/// The manifest, or an error with the part that was rendered before it.
fn manifest_for_debug(args: &TemplateArgs, prepared: &Prepared<'_>) -> Result<Manifest> {
    // in Helm, the release exists before it is rendered, and is empty
    let files = prepared.render_files().or_else(|error| print_for_debug(args, b"\n").and(Err(error)))?;
    let kept = files.clone();
    prepared
        .manifest_with(files, |warning| output::warning(warning))
        .or_else(|error| print_for_debug(args, &invalid(&kept)).and(Err(error)))
}

/// With `--debug`, prints the requested part of what was rendered before the error.
fn print_for_debug(args: &TemplateArgs, text: &[u8]) -> Result<()> {
    match args.show_only.as_slice() {
        [] => output::print(text),
        patterns => output::print(&manifest::show_only(text, patterns)?),
    }
}

/// The name of the release and the chart. Helm: `Install.NameAndChart`.
fn name_and_chart(args: &TemplateArgs) -> Result<(String, String)> {
    let usage = |text: String| Err(Error::new(ErrorKind::Usage, text));
    match args.names.as_slice() {
        [_, _, more @ ..] if !more.is_empty() => {
            usage(format!("expected at most two arguments, unexpected arguments: {}", more.join(", ")))
        }
        [_, _] if args.generate_name => usage("cannot set --generate-name and also specify a name".to_owned()),
        [_, _] if args.name_template.as_deref().is_some_and(|t| !t.is_empty()) => {
            usage("cannot set --name-template and also specify a name".to_owned())
        }
        [name, chart] => Ok((name.clone(), chart.clone())),
        [chart] => {
            let name = match args.name_template.as_deref().filter(|t| !t.is_empty()) {
                Some(template) => release_name(template)?,
                None => "release-name".to_owned(),
            };
            Ok((name, chart.clone()))
        }
        _ => usage("expected a chart".to_owned()),
    }
}

/// The namespace of the flag, or else of the environment. An empty flag means `default`, as in Helm.
#[allow(clippy::disallowed_methods)] // the command passes what the core may not read
fn namespace(args: &TemplateArgs) -> String {
    let named = args.namespace.clone().or_else(|| std::env::var("HELM_NAMESPACE").ok());
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".to_owned())
}

/// What `--debug` is without the flag. Helm: `pkg/cli/environment.go`.
#[allow(clippy::disallowed_methods)] // the command passes what the core may not read
fn debug_of_environment() -> bool {
    std::env::var("HELM_DEBUG").is_ok_and(|text| pflag::bool(&text) == Ok(true))
}

/// Applies `--dry-run`. Helm: `validateDryRunOptionFlag`, `Install.RunWithContext`.
fn dry_run<'c>(args: &TemplateArgs, bake: Bake<'c>) -> Result<Bake<'c>> {
    let bake = match args.inert.dry_run.as_deref() {
        None | Some("client" | "true" | "") => bake,
        Some("server" | "none" | "false") => bake.refuse_lookup(),
        Some(_) => {
            let text = "Invalid dry-run flag. Flag must one of the following: false, true, none, client, server";
            return Err(Error::new(ErrorKind::Usage, text));
        }
    };
    if args.refused.validate {
        let text = "--validate needs a cluster, and bake does not connect to one";
        return Err(Error::new(ErrorKind::Usage, text));
    }
    Ok(if args.refused.enable_dns { bake.refuse_names() } else { bake })
}

/// The path of the chart. A chart that is there is taken before any other; what is not there is for the loader to report.
/// Helm: `LocateChart` in `pkg/action/install.go`.
fn locate(args: &TemplateArgs, chart: &str) -> Result<String> {
    let name = chart.trim();
    let repo = args.refused.repo.as_deref().filter(|repo| !repo.is_empty());
    match std::fs::metadata(name) {
        Ok(found) => {
            if let Some(repo) = repo {
                let (chart, repo) = (logged(name), logged(repo));
                output::warning(format!(
                    "install.go:759: WARN local chart found in current working directory. repository url ignored chart={chart} repository={repo}"
                ));
            }
            if args.refused.verify {
                return Err(not_verified(name, found.is_dir()));
            }
        }
        Err(_) if Path::new(name).is_absolute() || name.starts_with('.') => {}
        Err(_) => {
            if let Some(repo) = repo {
                return Err(not_in_repository(repo, name));
            }
        }
    }
    Ok(name.to_owned())
}

/// Why Helm, or bake, does not verify this chart. Helm: `downloader.VerifyChart`.
fn not_verified(chart: &str, is_folder: bool) -> Error {
    let is_archive = Path::new(chart).extension().is_some_and(|ext| ext.eq_ignore_ascii_case("tgz"));
    let proof = std::path::absolute(format!("{chart}.prov")).unwrap_or_else(|_| PathBuf::from(format!("{chart}.prov")));
    let text = if is_folder {
        "unpacked charts cannot be verified".to_owned()
    } else if !is_archive {
        "chart must be a tgz file".to_owned()
    } else if let Err(e) = std::fs::metadata(&proof) {
        let why = io_error("stat", &proof, &e);
        format!("could not load provenance file {}: {}", proof.display(), why.message())
    } else {
        "--verify: bake does not check signatures; use helm verify".to_owned()
    };
    Error::new(ErrorKind::Usage, text)
}

fn not_in_repository(repo: &str, chart: &str) -> Error {
    if is_remote(repo) {
        return no_download(&format!("--repo {repo}: the chart {chart}"));
    }
    let scheme = repo.split_once(':').map_or("", |(scheme, _)| scheme);
    Error::new(ErrorKind::Usage, format!("could not find protocol handler for: {scheme}"))
}

/// A text as a value of Go's logger. Go: `needsQuoting` in `log/slog/text_handler.go`.
fn logged(text: &str) -> String {
    let is_plain = !text.is_empty() && !text.contains(|c: char| c == ' ' || c == '"' || c == '=' || !is_print(c));
    if is_plain { text.to_owned() } else { quote(text.as_bytes()) }
}

/// Everything that was rendered, even if it is not a valid manifest. Helm: `renderResources`, on an error of
/// `SortManifests`.
fn invalid(files: &[crate::manifest::Rendered]) -> Vec<u8> {
    let mut text = Vec::new();
    for file in files.iter().filter(|f| !f.name.ends_with("NOTES.txt") && !f.text.trim_ascii().is_empty()) {
        text.extend_from_slice(format!("---\n# Source: {}\n", file.name).as_bytes());
        text.extend_from_slice(&file.text);
        text.push(b'\n');
    }
    let mut trimmed = text.trim_ascii().to_vec();
    trimmed.push(b'\n');
    trimmed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::{Cli, Command};

    #[test]
    fn template_alone_is_read_as_among_all_commands() {
        for (line, is_right) in [
            ("template chart", true),
            ("template name chart -f a.yaml -f b.yaml --set a=1 --set-string b=2 -n x -n y", true),
            ("template name chart --no-hooks --include-crds=true --is-upgrade=f --limit fuel=5", true),
            ("template chart --set --debug -f -x", true),
            ("template -g --version 1.0.0 chart -- --debug", true),
            ("template chart --error-format json --dry-run --kube-version 1.30", true),
            ("template", true),
            ("template chart --help=false", true),
            ("template chart -V", false),
            ("template chart --no-such-flag", false),
            ("template chart --no-hooks=maybe", false),
            ("template chart --limit fuel", false),
        ] {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            let all = [OsString::from("bake")].into_iter().chain(words.iter().cloned());
            let among = Cli::parser().try_get_matches_from(all).and_then(|m| Cli::from_arg_matches(&m));
            let among = among.ok().and_then(|cli| cli.command).map(|command| format!("{command:?}"));
            let alone = TemplateArgs::read(&words).map(|args| format!("{:?}", Command::Template(Box::new(args))));
            assert_eq!(alone.is_some(), is_right, "{line}");
            assert_eq!(alone, among, "{line}");
        }
    }
}
