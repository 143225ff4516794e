//! `DestinationRule`: traffic policies and hosts that Istio refuses. Istio: `validateTrafficPolicy`.

use super::NETWORKING;
use super::texts::{host_fault, is_label};
use super::virtual_service::duration;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B419",
    name: "traffic-policy",
    severity: Severity::Error,
    about: "a DestinationRule whose host, subsets or traffic policy Istio refuses",
    check: Check::Objects(check),
};

const PARTS: [&str; 8] = [
    "outlierDetection",
    "connectionPool",
    "loadBalancer",
    "tls",
    "portLevelSettings",
    "tunnel",
    "proxyProtocol",
    "retryBudget",
];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "DestinationRule") {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let Some(spec) = root.get("spec") else { continue };
        if let Some(host) = spec.text("host")
            && let Some(fault) = host_fault(host, false)
        {
            report.say(
                &spec,
                "host",
                format!("the host {host:?} {fault}"),
                "name a Service, or a host of a ServiceEntry",
            );
        }
        if let Some(policy) = spec.get("trafficPolicy") {
            whole(&policy, &mut report);
        }
        for subset in spec.each("subsets") {
            if let Some(name) = subset.text("name").filter(|name| !is_label(name)) {
                let message = format!("{name:?} is not the name of a subset");
                report.say(&subset, "name", message, "use letters, digits and hyphens, at most 63");
            }
            if let Some(policy) = subset.get("trafficPolicy") {
                whole(&policy, &mut report);
            }
        }
    }
}

fn whole(policy: &Field<'_>, report: &mut Report<'_, '_>) {
    if PARTS.iter().all(|part| !policy.has(part)) {
        report.say(policy, "", "the traffic policy is empty", "remove it, or configure something");
    }
    if policy.has("tunnel") && policy.has("proxyProtocol") {
        report.say(policy, "tunnel", "a traffic policy has both tunnel and proxyProtocol", "keep one of them");
    }
    parts(policy, report);
    for port in policy.each("portLevelSettings") {
        if !port.has("port") {
            report.say(&port, "port", "port is missing", "name the port that the settings are for");
        }
        if PARTS.iter().take(4).all(|part| !port.has(part)) {
            report.say(&port, "", "the settings of a port are empty", "remove them, or configure something");
        }
        parts(&port, report);
    }
    if let Some(tunnel) = policy.get("tunnel") {
        if let Some(text) = tunnel.text("protocol").filter(|text| !["CONNECT", "POST"].contains(text)) {
            let message = format!("a tunnel cannot have the protocol {text:?}");
            report.say(&tunnel, "protocol", message, "write CONNECT or POST");
        }
        if let Some(port) = tunnel.number("targetPort").filter(|port| !(1..=65535).contains(port)) {
            report.say(&tunnel, "targetPort", format!("{port} is not a port from 1 to 65535"), "write a port");
        }
    }
}

fn parts(policy: &Field<'_>, report: &mut Report<'_, '_>) {
    if let Some(outlier) = policy.get("outlierDetection") {
        outliers(&outlier, report);
    }
    if let Some(pool) = policy.get("connectionPool") {
        connections(&pool, report);
    }
    if let Some(balancer) = policy.get("loadBalancer") {
        balance(&balancer, report);
    }
    if let Some(tls) = policy.get("tls") {
        client_tls(&tls, report);
    }
}

/// Istio: `validateOutlierDetection`.
fn outliers(outlier: &Field<'_>, report: &mut Report<'_, '_>) {
    duration(outlier, "baseEjectionTime", report);
    duration(outlier, "interval", report);
    for key in ["maxEjectionPercent", "minHealthPercent"] {
        if let Some(number) = outlier.number(key).filter(|number| !(0..=100).contains(number)) {
            report.say(outlier, key, format!("{key} is {number}, but must be from 0 to 100"), "write a percentage");
        }
    }
    let local = outlier.number("consecutiveLocalOriginFailures").is_some_and(|number| number > 0);
    if local && !outlier.is_true("splitExternalLocalOriginErrors") {
        report.say(
            outlier,
            "consecutiveLocalOriginFailures",
            "consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors",
            "set splitExternalLocalOriginErrors: true",
        );
    }
}

/// Istio: `validateConnectionPool`.
fn connections(pool: &Field<'_>, report: &mut Report<'_, '_>) {
    if !pool.has("http") && !pool.has("tcp") {
        report.say(pool, "", "the connection pool is empty", "configure http or tcp");
    }
    if let Some(http) = pool.get("http") {
        not_negative(
            &http,
            &[
                "http1MaxPendingRequests",
                "http2MaxRequests",
                "maxRequestsPerConnection",
                "maxRetries",
                "maxConcurrentStreams",
            ],
            report,
        );
        duration(&http, "idleTimeout", report);
        if http.text("h2UpgradePolicy") == Some("UPGRADE") && http.is_true("useClientProtocol") {
            report.say(
                &http,
                "useClientProtocol",
                "useClientProtocol excludes h2UpgradePolicy UPGRADE",
                "keep one of them",
            );
        }
    }
    if let Some(tcp) = pool.get("tcp") {
        not_negative(&tcp, &["maxConnections"], report);
        duration(&tcp, "connectTimeout", report);
        duration(&tcp, "maxConnectionDuration", report);
        if let Some(keepalive) = tcp.get("tcpKeepalive") {
            duration(&keepalive, "time", report);
            duration(&keepalive, "interval", report);
        }
    }
}

fn not_negative(field: &Field<'_>, keys: &[&str], report: &mut Report<'_, '_>) {
    for key in keys {
        if let Some(number) = field.number(key).filter(|number| *number < 0) {
            report.say(field, key, format!("{key} is {number}, but must not be below 0"), "write a number from 0");
        }
    }
}

/// Istio: `validateLoadBalancer`.
fn balance(balancer: &Field<'_>, report: &mut Report<'_, '_>) {
    if balancer.has("localityLbSetting") && balancer.has("zoneAwareLbSetting") {
        report.say(balancer, "zoneAwareLbSetting", "localityLbSetting and zoneAwareLbSetting are both set", "keep one");
    }
    if let Some(hash) = balancer.get("consistentHash") {
        if hash.get("httpCookie").is_some_and(|cookie| cookie.text("name").is_none()) {
            report.say(&hash, "httpCookie", "the cookie has no name", "set name");
        }
        if let Some(maglev) = hash.get("maglev") {
            let size = maglev.number("tableSize").unwrap_or(0);
            if !(2..5_000_011).contains(&size) || !is_prime(size) {
                let message = format!("the table of maglev has {size} entries, but needs a prime number below 5000011");
                report.say(&maglev, "tableSize", message, "write a prime number such as 65537");
            }
        }
    }
    if let Some(locality) = balancer.get("localityLbSetting")
        && locality.list("distribute").is_some_and(|list| !list.is_empty())
        && locality.list("failover").is_some_and(|list| !list.is_empty())
    {
        report.say(&locality, "failover", "distribute and failover cannot both be set", "keep one of them");
    }
}

fn is_prime(number: i64) -> bool {
    (2..number).take_while(|factor| factor * factor <= number).all(|factor| number % factor != 0)
}

/// Istio: `ValidateTLS`.
fn client_tls(tls: &Field<'_>, report: &mut Report<'_, '_>) {
    let mode = tls.text("mode").unwrap_or_default();
    if ["SIMPLE", "MUTUAL"].contains(&mode) && tls.text("credentialName").is_some() {
        for key in ["clientCertificate", "caCertificates", "privateKey", "caCrl"] {
            if tls.text(key).is_some() {
                report.say(tls, key, format!("{key} and credentialName cannot both be set"), "keep credentialName");
            }
        }
        return;
    }
    if mode == "MUTUAL" {
        for key in ["clientCertificate", "privateKey"] {
            if tls.text(key).is_none() {
                let fix = "set credentialName, or clientCertificate and privateKey";
                report.say(tls, key, format!("the mode MUTUAL needs {key}"), fix);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn rows() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {{name: web}}\nspec: {{host: web, {spec}}}\n"
            )
        };
        let at = "spec.trafficPolicy.";
        let rows: [(&str, String); 14] = [
            ("trafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: a, ttl: 0s}}}}", String::new()),
            (
                "trafficPolicy: {tls: {mode: MUTUAL, credentialName: a}, connectionPool: {tcp: {idleTimeout: 0s}}}",
                String::new(),
            ),
            ("trafficPolicy: {x: 1}", "spec.trafficPolicy: the traffic policy is empty".to_owned()),
            ("trafficPolicy: {connectionPool: {}}", format!("{at}connectionPool: the connection pool is empty")),
            (
                "trafficPolicy: {connectionPool: {http: {maxRetries: -1}}}",
                format!("{at}connectionPool.http.maxRetries: maxRetries is -1, but must not be below 0"),
            ),
            (
                "trafficPolicy: {outlierDetection: {interval: 0s}}",
                format!("{at}outlierDetection.interval: interval must be a duration of at least 1ms, not \"0s\""),
            ),
            (
                "trafficPolicy: {outlierDetection: {maxEjectionPercent: 101}}",
                format!(
                    "{at}outlierDetection.maxEjectionPercent: maxEjectionPercent is 101, but must be from 0 to 100"
                ),
            ),
            (
                "trafficPolicy: {outlierDetection: {consecutiveLocalOriginFailures: 5}}",
                format!(
                    "{at}outlierDetection.consecutiveLocalOriginFailures: consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors"
                ),
            ),
            (
                "trafficPolicy: {tls: {mode: SIMPLE, credentialName: a, caCertificates: b}}",
                format!("{at}tls.caCertificates: caCertificates and credentialName cannot both be set"),
            ),
            (
                "trafficPolicy: {portLevelSettings: [{loadBalancer: {simple: RANDOM}}]}",
                format!("{at}portLevelSettings[0].port: port is missing"),
            ),
            (
                "trafficPolicy: {portLevelSettings: [{port: {number: 80}}]}",
                format!("{at}portLevelSettings[0]: the settings of a port are empty"),
            ),
            (
                "trafficPolicy: {loadBalancer: {consistentHash: {maglev: {tableSize: 65536}}}}",
                format!(
                    "{at}loadBalancer.consistentHash.maglev.tableSize: the table of maglev has 65536 entries, but needs a prime number below 5000011"
                ),
            ),
            ("subsets: [{name: v_1}]", "spec.subsets[0].name: \"v_1\" is not the name of a subset".to_owned()),
            (
                "subsets: [{name: v1, trafficPolicy: {tls: {mode: MUTUAL, clientCertificate: a}}}]",
                "spec.subsets[0].trafficPolicy.tls.privateKey: the mode MUTUAL needs privateKey".to_owned(),
            ),
        ];
        for (spec, want) in rows {
            assert_says(&RULE, &bake(spec), "DestinationRule/web ", &want);
        }
    }
}
