//! `bake fleet` on generated fleets: time, memory, and the ratio to `helm template` in a loop.
//!
//!     cargo bench --bench fleet
//!
//! What is timed is the program that `cargo build --release` links, or the one that `BAKE` names by its whole path. `HELM`
//! names Helm's program (default: `helm`); without it there is no ratio. `SIZES` (default: 200) are numbers of services,
//! each with 4 stacks and 2 charts.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss
)] // no library

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const STACKS: [&str; 4] = ["dev", "qa", "stage", "prod"];
const CHARTS: [&str; 2] = ["workload", "service"];
/// Counted runs, after one that is not.
const RUNS: usize = 5;
/// Bakes of the sample that Helm does, each as often as it takes turns with a fleet.
const SAMPLE: usize = 16;

fn main() {
    let sizes = std::env::var("SIZES").unwrap_or_else(|_| "200".to_owned());
    let helm = std::env::var("HELM").unwrap_or_else(|_| "helm".to_owned());
    let has_helm = Command::new(&helm).arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    println!(
        "{:>9} {:>7} {:>9} {:>9} {:>12} {:>9} {:>14} {:>7}",
        "services", "bakes", "min", "median", "us per bake", "peak RSS", "helm per bake", "ratio"
    );
    for size in sizes.split([',', ' ']).filter(|s| !s.is_empty()) {
        let size: usize = size.parse().unwrap();
        let root = generate(size);
        let bakes = size * STACKS.len() * CHARTS.len();
        let (mut times, mut helms, mut peak) = (Vec::new(), Vec::new(), 0);
        for run in 0..=RUNS {
            let _ = fs::remove_dir_all(root.join("out"));
            let (time, memory) = fleet(&root);
            let helm = has_helm.then(|| loop_of_helm(&helm, &root, size));
            if run > 0 {
                times.push(time);
                helms.extend(helm);
                peak = peak.max(memory);
            }
        }
        times.sort();
        helms.sort();
        let (min, median) = (times[0], times[RUNS / 2]);
        let per_bake = median.as_secs_f64() / bakes as f64;
        let helm = helms.get(RUNS / 2).map_or(0.0, |time| time.as_secs_f64() / SAMPLE as f64);
        println!(
            "{size:>9} {bakes:>7} {:>7.3} s {:>7.3} s {:>12.0} {:>6} MB {:>11.1} ms {:>6.0}x",
            min.as_secs_f64(),
            median.as_secs_f64(),
            per_bake * 1e6,
            peak / 1024,
            helm * 1e3,
            helm / per_bake
        );
        fs::remove_dir_all(&root).unwrap();
    }
}

/// Services like those of a shop: each with a base and what differs per stack.
fn generate(size: usize) -> PathBuf {
    let root = std::env::temp_dir().join(format!("bake-bench-{}", std::process::id()));
    let _ = fs::remove_dir_all(&root);
    for n in 0..size {
        let folder = root.join(format!("deploy-values/shop/team{}/app{n}", n % 20));
        fs::create_dir_all(&folder).unwrap();
        let base = format!(
            "image: registry.example/shop/app{n}\nports: {{http: 8080, metrics: {{containerPort: 9090, service: false}}}}\n\
             env:\n  DB_URL: postgres://$(DB_USER)@$(DB_HOST)/app{n}\n  DB_HOST: db.dev.svc\n  \
             DB_USER: {{secret: db-credentials, key: user}}\n  POD_IP: {{field: status.podIP}}\n  LOG_LEVEL: debug\n\
             version: \"1.{n}.0\"\nreplicas: 1\nvolumes: {{cache: {{emptyDir: {{}}}}}}\nvolumeMounts: {{cache: /var/cache/app}}\n\
             configMaps: {{app: {{mountPath: /etc/app, data: {{app.toml: \"threads = {n}\"}}}}}}\n\
             probes: {{readiness: {{http: /healthz}}, liveness: {{tcp: http}}}}\n\
             resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 256Mi}}}}\n"
        );
        fs::write(folder.join("values.yaml"), base).unwrap();
        for (i, stack) in STACKS.iter().enumerate() {
            let text = format!(
                "replicas: {}\nenv: {{DB_HOST: db.{stack}.svc, LOG_LEVEL: info}}\ndisruptionBudget: {{maxUnavailable: 1}}\n",
                i + 1
            );
            fs::write(folder.join(format!("{stack}-values.yaml")), text).unwrap();
        }
    }
    root
}

/// One run as a process: its wall time, and its largest memory in kB (0 where the system does not tell).
fn fleet(root: &Path) -> (Duration, u64) {
    let start = Instant::now();
    let bake = std::env::var("BAKE").unwrap_or_else(|_| env!("CARGO_BIN_EXE_bake").to_owned());
    let mut child = Command::new(bake)
        .args(["fleet", "--stack", "all", "-o", "out"])
        .current_dir(root)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    loop {
        // the high-water mark only rises: the last look before the end tells nearly all of it
        if let Ok(text) = fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = mark.and_then(|m| m.trim().trim_end_matches(" kB").parse().ok());
            peak = peak.max(kilobytes.unwrap_or(0));
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return (start.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a script does: `helm template` for one bake after the other, on a sample that is spread over the fleet.
fn loop_of_helm(helm: &str, root: &Path, size: usize) -> Duration {
    let charts = Path::new(env!("CARGO_MANIFEST_DIR")).join("charts");
    let start = Instant::now();
    for i in 0..SAMPLE {
        let n = i * size / SAMPLE;
        let folder = root.join(format!("deploy-values/shop/team{}/app{n}", n % 20));
        let status = Command::new(helm)
            .args(["template", &format!("app{n}"), "-n", &format!("team{}", n % 20)])
            .arg(charts.join(CHARTS[i % 2]))
            .arg("-f")
            .arg(folder.join("values.yaml"))
            .arg("-f")
            .arg(folder.join(format!("{}-values.yaml", STACKS[i / 2 % 4])))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success());
    }
    start.elapsed()
}
