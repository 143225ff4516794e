//! `VirtualService`: what Istio refuses. Istio: `ValidateVirtualService`, `validateHTTPRoute`.

use std::cmp::Ordering;

use super::NETWORKING;
use super::texts::{host_fault, is_duration, is_label, is_token, nanoseconds, regex_fault};
use crate::error::suggest::nearest;
use crate::lint::field::{Field, Report};
use crate::lint::objects::Release;
use crate::lint::rule::{Check, Rule, RuleFindings, Severity};
use crate::yaml::{Data, Node};

pub(in crate::lint) const RULE: Rule = Rule {
    code: "B418",
    name: "virtual-service",
    severity: Severity::Error,
    about: "a VirtualService that Istio refuses: hosts, matches, retries, durations, headers, redirects",
    check: Check::Objects(check),
};

/// Istio: `supportedRetryOnPolicies`.
const RETRY_ON: [&str; 16] = [
    "5xx",
    "gateway-error",
    "reset",
    "reset-before-request",
    "connect-failure",
    "retriable-4xx",
    "refused-stream",
    "retriable-status-codes",
    "retriable-headers",
    "envoy-ratelimited",
    "http3-post-connect-failure",
    "cancelled",
    "deadline-exceeded",
    "internal",
    "resource-exhausted",
    "unavailable",
];

/// Istio: `grpc.SupportedGRPCStatus`.
const GRPC_CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Istio: `supportedCORSMethods`.
const CORS_METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE", "*"];

fn check(release: &Release, found: &mut RuleFindings<'_>) {
    for object in release.of(NETWORKING, "VirtualService") {
        let mut report = Report::new(object, found);
        let root = Field::root(object);
        let Some(spec) = root.get("spec") else { continue };
        let at_gateway = spec.each("gateways").any(|name| name.node.as_str() != Some("mesh"));
        hosts(&spec, at_gateway, &mut report);
        for route in spec.each("http") {
            http_route(&route, &mut report);
        }
        for list in ["tcp", "tls"] {
            for route in spec.each(list) {
                destinations(&route, &mut report);
            }
        }
    }
}

fn hosts(spec: &Field<'_>, at_gateway: bool, report: &mut Report<'_, '_>) {
    for host in spec.each("hosts") {
        let Some(text) = host.node.as_str() else { continue };
        if let Some(fault) = host_fault(text, true) {
            report.say(&host, "", format!("the host {text:?} {fault}"), "Istio refuses the object with this host");
        } else if text == "*" && !at_gateway {
            report.say(
                &host,
                "",
                "the host \"*\" is for gateways only",
                "name the host, or name a gateway in `gateways`",
            );
        }
    }
    if !spec.has("hosts") && spec.has("gateways") {
        report.say(spec, "gateways", "without hosts there cannot be gateways", "add the hosts");
    }
    if ["http", "tcp", "tls"].iter().all(|list| spec.list(list).is_none_or(<[Node]>::is_empty)) {
        report.say(spec, "", "there is no route", "add a route to http, tls or tcp");
    }
}

fn http_route(route: &Field<'_>, report: &mut Report<'_, '_>) {
    answers(route, report);
    duration(route, "timeout", report);
    for condition in route.each("match") {
        matches(&condition, report);
    }
    if let Some(headers) = route.get("headers") {
        header_changes(&headers, report);
    }
    authority(route, report);
    if let Some(policy) = route.get("corsPolicy") {
        cors(&policy, report);
    }
    if let Some(retries) = route.get("retries") {
        retry(&retries, report);
    }
    if let Some(fault) = route.get("fault") {
        inject(&fault, report);
    }
    if let Some(redirect) = route.get("redirect") {
        let other = |uri: Field<'_>| !uri.has("prefix");
        if redirect.text("prefixRewrite").is_some() && route.each("match").any(|m| m.get("uri").is_some_and(other)) {
            let message = "prefixRewrite needs matches of a prefix of the path";
            report.say(&redirect, "prefixRewrite", message, "match uri.prefix, or use uri");
        }
        redirects(&redirect, report);
    }
    if let Some(response) = route.get("directResponse") {
        status(&response, "status", report);
    }
    if let Some(rewrite) = route.get("rewrite") {
        rewrites(&rewrite, report);
    }
    for key in ["mirrorPercentage", "mirrorPercent"] {
        let value = route.get(key).and_then(|field| number(field.get("value").map_or(field.node, |value| value.node)));
        if value.is_some_and(|value| !(0.0..=100.0).contains(&value)) {
            report.say(route, key, format!("{key} must be from 0 to 100"), "write a percentage from 0 to 100");
        }
    }
    destinations(route, report);
}

/// What a route answers with: exactly one of these. Istio: `validateHTTPRouteConflict`.
fn answers(route: &Field<'_>, report: &mut Report<'_, '_>) {
    let routes = route.list("route").is_some_and(|list| !list.is_empty());
    if route.has("delegate") {
        for key in ["route", "redirect"] {
            if route.has(key) {
                report.say(route, key, format!("a route has both delegate and {key}"), "keep one of them");
            }
        }
        return;
    }
    for answer in ["redirect", "directResponse"] {
        if !route.has(answer) {
            continue;
        }
        for (key, is_set) in [("route", routes), ("fault", route.has("fault")), ("rewrite", route.has("rewrite"))] {
            if is_set {
                let fix = match (answer, key) {
                    ("redirect", "rewrite") => "a redirect has its own uri; remove the rewrite".to_owned(),
                    _ => format!("keep {answer} or {key}"),
                };
                report.say(route, key, format!("a route has both {answer} and {key}"), fix);
            }
        }
    }
    if route.has("redirect") && route.has("directResponse") {
        report.say(route, "directResponse", "a route has both redirect and directResponse", "keep one of them");
    }
    if !routes && !route.has("redirect") && !route.has("directResponse") {
        report.say(route, "route", "a route leads nowhere", "add route, redirect or directResponse");
    }
    if route.has("mirror") && route.list("mirrors").is_some_and(|list| !list.is_empty()) {
        report.say(route, "mirror", "a route has both mirror and mirrors", "keep mirrors");
    }
}

fn matches(condition: &Field<'_>, report: &mut Report<'_, '_>) {
    for key in ["uri", "scheme", "method", "authority"] {
        if let Some(field) = condition.get(key) {
            string_match(&field, key == "uri", report);
        }
    }
    for key in ["headers", "withoutHeaders", "queryParams"] {
        let Some(map) = condition.get(key) else { continue };
        for entry in map.entries() {
            let name = entry.key();
            let is_claim = name.starts_with("@request.auth.claims");
            let is_pseudo = [":method", ":scheme", ":authority", ":path", ":status"].contains(&name);
            if key != "queryParams" && !is_claim && !is_pseudo && !is_token(name) {
                report.say(&entry, "", format!("{name:?} is not the name of a header"), "a name has no blanks");
            }
            if entry.text("regex") != Some("*") || key != "withoutHeaders" {
                string_match(&entry, false, report);
            }
        }
    }
    port(condition, "port", report);
}

/// A text to compare with. Istio: `validateStringMatch`.
fn string_match(field: &Field<'_>, empty_prefix: bool, report: &mut Report<'_, '_>) {
    let text = |key| field.node.get(key).and_then(Node::as_str);
    if !empty_prefix && text("prefix") == Some("") {
        report.say(field, "prefix", "the prefix is empty", "write the start of the text");
    }
    if let Some(regex) = text("regex")
        && let Some(fault) = regex_fault(regex)
    {
        let fix = "Istio uses RE2, which has no lookahead, no lookbehind and no backreference";
        report.say(field, "regex", format!("Istio refuses the regular expression {regex:?}: {fault}"), fix);
    }
}

/// Istio: `validateHTTPRetry`.
fn retry(retries: &Field<'_>, report: &mut Report<'_, '_>) {
    duration(retries, "perTryTimeout", report);
    duration(retries, "backoff", report);
    match retries.number("attempts").unwrap_or(0).cmp(&0) {
        Ordering::Less => report.say(retries, "attempts", "attempts is below 0", "write 0 to switch retries off"),
        Ordering::Equal if ["perTryTimeout", "retryOn", "retryRemoteLocalities"].iter().any(|key| retries.has(key)) => {
            report.say(retries, "attempts", "retries are configured and attempts is 0", "write the number of attempts");
        }
        _ => {}
    }
    for word in retries.text("retryOn").into_iter().flat_map(|text| text.split(',')) {
        // Go's table of status codes has gaps, but none that a person writes
        let is_status = word.len() == 3 && word.parse::<u16>().is_ok_and(|code| (100..=511).contains(&code));
        if !is_status && !RETRY_ON.contains(&word) {
            let plain = word.trim();
            let begins = || RETRY_ON.into_iter().find(|known| !plain.is_empty() && known.starts_with(plain));
            let fix = nearest(plain, RETRY_ON).or_else(begins).map_or_else(
                || format!("the words are: {}", RETRY_ON.join(", ")),
                |near| format!("did you mean {near:?}? The words are separated by commas without blanks"),
            );
            report.say(retries, "retryOn", format!("Istio refuses {word:?} in retryOn"), fix);
        }
    }
}

/// Istio: `validateCORSPolicy`.
fn cors(policy: &Field<'_>, report: &mut Report<'_, '_>) {
    for method in policy.each("allowMethods") {
        if let Some(text) = method.node.as_str().filter(|text| !CORS_METHODS.contains(text)) {
            let upper = text.to_ascii_uppercase();
            let fix = if CORS_METHODS.contains(&upper.as_str()) {
                format!("write {upper}")
            } else {
                format!("the methods are: {}", CORS_METHODS.join(", "))
            };
            report.say(&method, "", format!("Istio refuses the method {text:?} in corsPolicy"), fix);
        }
    }
    for list in ["allowHeaders", "exposeHeaders"] {
        for header in policy.each(list) {
            if let Some(text) = header.node.as_str().filter(|text| *text != "*" && !is_token(text)) {
                report.say(&header, "", format!("{text:?} is not the name of a header"), "a name has no blanks");
            }
        }
    }
    for origin in policy.each("allowOrigins") {
        if ["exact", "prefix", "regex"].iter().all(|key| origin.text(key).is_none()) && origin.node.as_map().is_some() {
            report.say(&origin, "", "an origin has no text", "write exact, prefix or regex");
        }
        string_match(&origin, true, report);
    }
    duration(policy, "maxAge", report);
    if let Some(text) = policy.text("maxAge").filter(|text| is_duration(text))
        && nanoseconds(text).is_some_and(|n| n % 1_000_000_000 != 0)
    {
        report.say(policy, "maxAge", "maxAge counts whole seconds", "write whole seconds, such as 24h");
    }
}

/// Istio: `validateHTTPFaultInjection`.
fn inject(fault: &Field<'_>, report: &mut Report<'_, '_>) {
    if !fault.has("abort") && !fault.has("delay") {
        report.say(fault, "", "a fault has neither abort nor delay", "add one of them");
    }
    if let Some(delay) = fault.get("delay") {
        duration(&delay, "fixedDelay", report);
        if delay.has("exponentialDelay") {
            report.say(&delay, "exponentialDelay", "Istio does not support exponentialDelay", "use fixedDelay");
        }
        percentage(&delay, report);
    }
    if let Some(abort) = fault.get("abort") {
        if let Some(code) = abort.text("grpcStatus").filter(|code| !GRPC_CODES.contains(code)) {
            let fix = format!("write one of {}", GRPC_CODES.join(", "));
            report.say(&abort, "grpcStatus", format!("{code:?} is not a status of gRPC"), fix);
        }
        if abort.has("http2Error") {
            report.say(&abort, "http2Error", "Istio does not support http2Error", "use httpStatus or grpcStatus");
        }
        status(&abort, "httpStatus", report);
        percentage(&abort, report);
    }
}

fn percentage(field: &Field<'_>, report: &mut Report<'_, '_>) {
    let value = field.get("percentage").and_then(|percentage| number(percentage.node.get("value")?));
    if value.is_some_and(|value| value != 0.0 && !(0.0001..=100.0).contains(&value)) {
        report.say(
            field,
            "percentage",
            "the percentage must be 0, or from 0.0001 to 100",
            "write a percentage up to 100",
        );
    }
}

/// Istio: `validateHTTPRedirect`.
fn redirects(redirect: &Field<'_>, report: &mut Report<'_, '_>) {
    if redirect.text("uri").is_some() && redirect.text("prefixRewrite").is_some() {
        report.say(redirect, "prefixRewrite", "a redirect has both uri and prefixRewrite", "keep one of them");
    }
    let keys = ["uri", "prefixRewrite", "authority", "port", "derivePort", "scheme"];
    if keys.iter().all(|key| !redirect.has(key)) {
        report.say(redirect, "", "a redirect leads nowhere", "set uri, authority, scheme or port");
    }
    if let Some(code) = redirect.number("redirectCode").filter(|code| *code != 0 && !(300..=399).contains(code)) {
        report.say(
            redirect,
            "redirectCode",
            format!("{code} is not the status of a redirect"),
            "write 301, 302, 307 or 308",
        );
    }
    if let Some(scheme) = redirect.text("scheme").filter(|scheme| !["http", "https"].contains(scheme)) {
        report.say(redirect, "scheme", format!("scheme must be http or https, not {scheme:?}"), "write http or https");
    }
    port(redirect, "port", report);
}

/// Istio: `validateHTTPRewrite`.
fn rewrites(rewrite: &Field<'_>, report: &mut Report<'_, '_>) {
    let regex = rewrite.get("uriRegexRewrite");
    if rewrite.text("uri").is_some() && regex.is_some() {
        report.say(rewrite, "uriRegexRewrite", "a rewrite has both uri and uriRegexRewrite", "keep one of them");
    }
    if rewrite.text("uri").is_none() && regex.is_none() && rewrite.text("authority").is_none() {
        report.say(rewrite, "", "a rewrite changes nothing", "set uri, uriRegexRewrite or authority");
    }
    let Some(regex) = regex else { return };
    match (regex.text("match"), regex.text("rewrite")) {
        (Some(text), Some(_)) => {
            if let Some(fault) = regex_fault(text) {
                let message = format!("Istio refuses the regular expression {text:?}: {fault}");
                report.say(&regex, "match", message, "Istio uses RE2");
            }
        }
        _ => report.say(&regex, "", "uriRegexRewrite needs match and rewrite", "set both"),
    }
}

/// Istio: `ValidateHTTPHeaderOperationName`.
fn header_changes(headers: &Field<'_>, report: &mut Report<'_, '_>) {
    for side in ["request", "response"] {
        let Some(changes) = headers.get(side) else { continue };
        for change in ["set", "add", "remove"] {
            let Some(change_field) = changes.get(change) else { continue };
            let named = change_field.entries().map(|entry| (entry, entry.key()));
            let listed = changes.each(change).filter_map(|item| Some((item, item.node.as_str()?)));
            for (field, name) in named.chain(listed) {
                let is_authority = name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority");
                let may_be_authority = side == "request" && change != "remove";
                if name.is_empty() {
                    report.say(&field, "", "the name of a header is empty", "write its name");
                } else if (name.starts_with(':') || is_authority) && !(is_authority && may_be_authority) {
                    let message = format!("Istio refuses to {change} the header {name:?} of a {side}");
                    report.say(&field, "", message, "use rewrite.authority to change the host of a request");
                }
            }
        }
    }
}

/// The host of a request is set in one place. Istio: `validateAuthorityRewrite`.
fn authority(route: &Field<'_>, report: &mut Report<'_, '_>) {
    let mut set = usize::from(route.get("rewrite").is_some_and(|rewrite| rewrite.text("authority").is_some()));
    for change in ["set", "add"] {
        route.within(&["headers", "request", change], &mut |headers| {
            for entry in headers.entries() {
                let name = entry.key();
                if name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority") {
                    set += 1;
                    if set == 2 {
                        let message = format!("the host of the request is set twice: also as the header {name:?}");
                        report.say(&entry, "", message, "keep rewrite.authority, or the header");
                    }
                }
            }
        });
    }
}

fn destinations(route: &Field<'_>, report: &mut Report<'_, '_>) {
    for to in route.each("route") {
        if let Some(headers) = to.get("headers") {
            header_changes(&headers, report);
        }
        match to.get("destination") {
            Some(destination) => one_destination(&destination, report),
            None => report.say(&to, "destination", "destination is missing", "name the host to route to"),
        }
    }
    if let Some(mirror) = route.get("mirror") {
        one_destination(&mirror, report);
    }
    for mirror in route.each("mirrors") {
        if let Some(destination) = mirror.get("destination") {
            one_destination(&destination, report);
        }
        percentage(&mirror, report);
    }
}

/// Istio: `validateDestination`.
fn one_destination(destination: &Field<'_>, report: &mut Report<'_, '_>) {
    let host = destination.text("host").unwrap_or_default();
    let fault = if host == "*" { Some("is not one host") } else { host_fault(host, false) };
    if let Some(fault) = fault {
        report.say(
            destination,
            "host",
            format!("the destination {host:?} {fault}"),
            "name a Service, or a host of a ServiceEntry",
        );
    }
    if let Some(subset) = destination.text("subset").filter(|subset| !is_label(subset)) {
        report.say(
            destination,
            "subset",
            format!("{subset:?} is not the name of a subset"),
            "use letters, digits and hyphens",
        );
    }
    if let Some(selector) = destination.get("port") {
        port(&selector, "number", report);
        if selector.number("number").unwrap_or(0) == 0 {
            report.say(&selector, "number", "the port of a destination has no number", "write number");
        }
    }
}

fn status(field: &Field<'_>, key: &str, report: &mut Report<'_, '_>) {
    if let Some(code) = field.number(key).filter(|code| !(200..=600).contains(code)) {
        report.say(field, key, format!("{code} is not a status from 200 to 599"), "write a status from 200 to 599");
    }
}

fn port(field: &Field<'_>, key: &str, report: &mut Report<'_, '_>) {
    if let Some(port) = field.number(key).filter(|port| !(0..=65535).contains(port)) {
        report.say(field, key, format!("{port} is not a port from 1 to 65535"), "write a port from 1 to 65535");
    }
}

/// A duration of whole milliseconds.
pub(super) fn duration(field: &Field<'_>, key: &str, report: &mut Report<'_, '_>) {
    if let Some(text) = field.text(key).filter(|text| !is_duration(text)) {
        let message = format!("{key} must be a duration of at least 1ms, not {text:?}");
        let fix = match nanoseconds(text) {
            Some(0) if key == "timeout" => "remove it: without a timeout, Istio waits without limit",
            _ => "write a number with a unit, such as 5s or 250ms",
        };
        report.say(field, key, message, fix);
    }
}

/// A number of any kind.
fn number(node: &Node) -> Option<f64> {
    match node.data {
        #[allow(clippy::cast_precision_loss)] // percentages are small
        Data::Int(n) => Some(n as f64),
        Data::Float(f) => Some(f),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::testing::assert_says;

    #[test]
    fn hosts_and_routes() {
        let bake = |spec: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
            )
        };
        let http = "http: [{route: [{destination: {host: web}}]}]";
        for (spec, want) in [
            (format!("hosts: [web, '*.shop.example', 10.0.0.1], {http}"), ""),
            (format!("hosts: ['*'], gateways: [public], {http}"), ""),
            ("hosts: [web], tcp: [{route: [{destination: {host: web, port: {number: 80}}}]}]".to_owned(), ""),
            (
                format!("hosts: ['https://shop.example'], {http}"),
                "spec.hosts[0]: the host \"https://shop.example\" is a URL, not a host: write the name alone",
            ),
            (format!("hosts: ['*'], {http}"), "spec.hosts[0]: the host \"*\" is for gateways only"),
            ("hosts: [web]".to_owned(), "spec: there is no route"),
            (
                "hosts: [web], tcp: [{route: [{destination: {host: 'a:80'}}]}]".to_owned(),
                "spec.tcp[0].route[0].destination.host: the destination \"a:80\" has a port: write the name alone",
            ),
        ] {
            assert_says(&RULE, &bake(&spec), "VirtualService/web ", want);
        }
    }

    #[test]
    fn fields_of_a_route() {
        let bake = |route: &str| {
            format!(
                "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {{name: web}}\nspec: {{hosts: [web], http: [{{{route}}}]}}\n"
            )
        };
        let to = "route: [{destination: {host: web}}]";
        let rows: [(&str, &str); 24] = [
            ("timeout: 5s, retries: {attempts: 3, perTryTimeout: 2s, retryOn: '5xx,connect-failure,503'}", ""),
            ("match: [{uri: {prefix: ''}, headers: {end-user: {exact: a}, ':method': {exact: GET}}}]", ""),
            ("headers: {request: {set: {Host: a}}}", ""),
            ("corsPolicy: {allowMethods: [GET], allowOrigins: [{regex: 'https://.*'}], maxAge: 24h}", ""),
            ("timeout: 0s", "timeout: timeout must be a duration of at least 1ms, not \"0s\""),
            (
                "retries: {attempts: 3, retryOn: '5xx,connect-fail'}",
                "retries.retryOn: Istio refuses \"connect-fail\" in retryOn",
            ),
            ("retries: {attempts: 3, retryOn: '5xx, reset'}", "retries.retryOn: Istio refuses \" reset\" in retryOn"),
            ("retries: {retryOn: 5xx}", "retries.attempts: retries are configured and attempts is 0"),
            (
                "match: [{uri: {regex: '/a/(?!x)'}}]",
                "match[0].uri.regex: Istio refuses the regular expression \"/a/(?!x)\": error parsing regexp: invalid or unsupported Perl syntax: `(?!`",
            ),
            ("match: [{method: {prefix: ''}}]", "match[0].method.prefix: the prefix is empty"),
            (
                "match: [{headers: {'a b': {exact: x}}}]",
                "match[0].headers[\"a b\"]: \"a b\" is not the name of a header",
            ),
            ("match: [{port: 99999}]", "match[0].port: 99999 is not a port from 1 to 65535"),
            (
                "corsPolicy: {allowMethods: [get]}",
                "corsPolicy.allowMethods[0]: Istio refuses the method \"get\" in corsPolicy",
            ),
            ("corsPolicy: {maxAge: 1500ms}", "corsPolicy.maxAge: maxAge counts whole seconds"),
            ("rewrite: {}", "rewrite: a rewrite changes nothing"),
            (
                "headers: {request: {set: {Host: a}}}, rewrite: {authority: b}",
                "headers.request.set.Host: the host of the request is set twice: also as the header \"Host\"",
            ),
            (
                "headers: {response: {set: {':status': '1'}}}",
                "headers.response.set[\":status\"]: Istio refuses to set the header \":status\" of a response",
            ),
            (
                "headers: {request: {remove: [host]}}",
                "headers.request.remove[0]: Istio refuses to remove the header \"host\" of a request",
            ),
            ("fault: {}", "fault: a fault has neither abort nor delay"),
            ("fault: {abort: {httpStatus: 20}}", "fault.abort.httpStatus: 20 is not a status from 200 to 599"),
            (
                "fault: {delay: {fixedDelay: 5s, percentage: {value: 101}}}",
                "fault.delay.percentage: the percentage must be 0, or from 0.0001 to 100",
            ),
            ("redirect: {uri: /b}", "route: a route has both redirect and route"),
            ("fault: {abort: {grpcStatus: GONE}}", "fault.abort.grpcStatus: \"GONE\" is not a status of gRPC"),
            ("mirror: {host: '*'}", "mirror.host: the destination \"*\" is not one host"),
        ];
        for (route, want) in rows {
            assert_says(&RULE, &bake(&format!("{route}, {to}")), "VirtualService/web spec.http[0].", want);
        }
        for (route, want) in [
            ("redirect: {uri: /b}", ""),
            ("redirect: {uri: /b}, rewrite: {uri: /c}", ".rewrite: a route has both redirect and rewrite"),
            ("redirect: {}", ".redirect: a redirect leads nowhere"),
            ("redirect: {uri: /b, redirectCode: 200}", ".redirect.redirectCode: 200 is not the status of a redirect"),
            (
                "match: [{uri: {exact: /a}}], redirect: {prefixRewrite: /b}",
                ".redirect.prefixRewrite: prefixRewrite needs matches of a prefix of the path",
            ),
            ("directResponse: {status: 99}", ".directResponse.status: 99 is not a status from 200 to 599"),
            ("name: a", ".route: a route leads nowhere"),
        ] {
            assert_says(&RULE, &bake(route), "VirtualService/web spec.http[0]", want);
        }
    }
}
