//! `bake template`: the command line of `helm template`. Helm: `cmd/helm/template.go`, `cmd/helm/install.go`.

use std::ffi::OsString;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use clap::{Args, Command as Clap, FromArgMatches};

use super::flags::helm::{InertArgs, RefusedArgs};
use super::flags::{ClusterArgs, ErrorFormat, LimitArgs, ValuesArgs, pflag, values};
use super::output;
use super::post_render::PostRenderer;
use crate::bake::{Bake, Chart, Prepared, release_name, with_advice};
use crate::chart::Links;
use crate::error::{Error, ErrorKind, Result};
use crate::manifest::{self, Manifest, OutputFile, WriteMode, WriteOptions};

/// `bake template [NAME] CHART`
#[derive(Debug, Args)]
#[command(args_override_self = true)]
#[allow(clippy::struct_excessive_bools)] // they are Helm's flags
pub(super) struct TemplateArgs {
    /// The release name, then the chart. The name may be left out, and must be with -g and --name-template.
    #[arg(required = true, value_name = "NAME CHART")]
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
    pub post_renderer: Option<String>,

    /// An argument of the post-renderer.
    #[arg(long, value_name = "ARG", allow_hyphen_values = true)]
    pub post_renderer_args: Vec<String>,

    /// Print the manifests even if they are not valid YAML, and more output.
    #[arg(long)]
    pub debug: bool,

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
    let post_renderer =
        PostRenderer::find(args.post_renderer.as_deref().unwrap_or_default(), &args.post_renderer_args)?;
    // first, as in Helm
    let capabilities = values::cluster(&args.cluster)?.capabilities()?;
    refuse(args)?;
    let (name, chart) = name_and_chart(args)?;
    if args.refused.verify {
        verify(Path::new(&chart))?;
    }
    let links = if args.follow_symlinks { Links::Anywhere } else { Links::Inside };
    let limits = args.limits.limits();
    let path = chart;
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
        .limits(limits)
        .capabilities(capabilities)
        .release(&name)
        .namespace(namespace(args));
    if args.is_upgrade {
        bake = bake.upgrade();
    }
    if args.skip_schema_validation {
        bake = bake.skip_schema_validation();
    }
    let options =
        WriteOptions { include_crds: args.include_crds, no_hooks: args.no_hooks, skip_tests: args.skip_tests };
    let prepared = ManuallyDrop::new(bake.prepare_with(|warning| output::warning(warning))?);
    let manifest = ManuallyDrop::new(if args.debug {
        manifest_for_debug(args, &prepared)?
    } else {
        let files = prepared.render_files();
        files
            .and_then(|files| prepared.manifest_with(files, |warning| output::warning(warning)))
            .map_err(with_advice)?
    });
    if let Some(folder) = args.output_dir.as_deref().filter(|d| !d.is_empty()) {
        write_files(folder, args.release_name.then_some(name.as_str()), &manifest.output_files(&options))?;
        // Helm has nothing left to show
        manifest::show_only(b"", &args.show_only)?;
        return output::print(b"\n");
    }
    print(args, post_renderer, &manifest, options)
}

/// Prints the manifest, or the requested part of it.
fn print(
    args: &TemplateArgs,
    post_renderer: Option<PostRenderer<'_>>,
    manifest: &Manifest,
    options: WriteOptions,
) -> Result<()> {
    if post_renderer.is_none() && args.show_only.is_empty() {
        return output::stream(|mut out| manifest.write_to(&mut out, &options));
    }
    let mut text = match post_renderer {
        Some(program) => program.run(manifest, options)?,
        None => manifest.to_vec(&options),
    };
    if !args.show_only.is_empty() {
        text = manifest::show_only(&text, &args.show_only)?;
    }
    output::print(&text)
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

/// Writes one file per template below `folder`, and reports each as Helm does.
fn write_files(folder: &str, release: Option<&str>, files: &[OutputFile<'_>]) -> Result<()> {
    let mut written = Vec::with_capacity(files.len());
    for file in files {
        let base = match release {
            Some(release) if file.in_release_folder => Path::new(folder).join(release),
            _ => PathBuf::from(folder),
        };
        let path = base.join(file.path);
        let failed = |e: std::io::Error| Error::io(&path, e);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        let append = matches!(file.mode, WriteMode::Append);
        let mut out = std::fs::OpenOptions::new()
            .create(true)
            .write(true)
            .append(append)
            .truncate(!append)
            .open(&path)
            .map_err(failed)?;
        file.write_to(&mut out).map_err(failed)?;
        written.push(path);
    }
    output::wrote(written.into_iter())
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
        _ => usage("\"bake template\" requires at least 1 argument".to_owned()),
    }
}

#[allow(clippy::disallowed_methods)] // the command passes what the core may not read
fn namespace(args: &TemplateArgs) -> String {
    let named = args.namespace.clone().filter(|n| !n.is_empty());
    named
        .or_else(|| std::env::var("HELM_NAMESPACE").ok().filter(|n| !n.is_empty()))
        .unwrap_or_else(|| "default".to_owned())
}

/// Refuses flags that need a cluster or a connection.
fn refuse(args: &TemplateArgs) -> Result<()> {
    let needs_cluster = |flag: &str| {
        Err(Error::new(ErrorKind::Usage, format!("{flag} needs a cluster, and bake does not connect to one")))
    };
    match args.inert.dry_run.as_deref() {
        Some("server" | "none" | "false") => return needs_cluster("--dry-run=server"),
        None | Some("client" | "true" | "") => {}
        Some(_) => {
            let text = "Invalid dry-run flag. Flag must one of the following: false, true, none, client, server";
            return Err(Error::new(ErrorKind::Usage, text));
        }
    }
    if args.refused.validate {
        return needs_cluster("--validate");
    }
    if args.refused.repo.is_some() {
        return Err(values::no_download("--repo: the chart"));
    }
    Ok(())
}

/// An existing chart is never verified. Helm: `downloader.VerifyChart`.
fn verify(chart: &Path) -> Result<()> {
    let text = match std::fs::metadata(chart) {
        Err(_) => return Ok(()),
        Ok(found) if found.is_dir() => "unpacked charts cannot be verified",
        Ok(_) => "--verify: bake does not check signatures; use helm verify",
    };
    Err(Error::new(ErrorKind::Usage, text))
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
            ("template", false),
            ("template chart --help", false),
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
