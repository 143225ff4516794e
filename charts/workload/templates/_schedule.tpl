{{/*
Refuses a schedule that Kubernetes cannot read: five fields of numbers, names, ranges, lists and steps, or a word such as
@daily.
In: the schedule. Out: nothing, or an error.
*/}}
{{- define "workload.check.schedule" -}}
{{- $words := "^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every ([0-9.]+(ns|us|ms|s|m|h))+)$" -}}
{{- $fields := regexSplit "\\s+" (trim .) -1 -}}
{{- if contains "TZ=" . -}}
  {{- fail (printf "cron.schedule: %q has a zone; say it in `cron.timeZone`" .) -}}
{{- else if and (hasPrefix "@" .) (not (regexMatch $words .)) -}}
  {{- fail (printf "cron.schedule: %q is none of @yearly, @monthly, @weekly, @daily, @hourly and `@every 1h30m`" .) -}}
{{- else if and (not (hasPrefix "@" .)) (ne (len $fields) 5) -}}
  {{- fail (printf "cron.schedule: %q has %d fields; it needs minute, hour, day of the month, month and day of the week" . (len $fields)) -}}
{{- else if not (hasPrefix "@" .) -}}
  {{- $months := list "JAN" "FEB" "MAR" "APR" "MAY" "JUN" "JUL" "AUG" "SEP" "OCT" "NOV" "DEC" -}}
  {{- $days := list "SUN" "MON" "TUE" "WED" "THU" "FRI" "SAT" -}}
  {{- $places := list
    (dict "name" "minute" "low" 0 "high" 59 "words" list)
    (dict "name" "hour" "low" 0 "high" 23 "words" list)
    (dict "name" "day of the month" "low" 1 "high" 31 "words" list)
    (dict "name" "month" "low" 1 "high" 12 "words" $months)
    (dict "name" "day of the week" "low" 0 "high" 6 "words" $days)
  -}}
  {{- range $place, $field := $fields -}}
    {{- range splitList "," $field -}}
      {{- include "workload.check.schedule.part" (dict "schedule" $ "part" . "place" (index $places $place)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end }}

{{/*
In: `schedule`, `part` (`*`, 5, 1-5 or MON-FRI, each maybe with a step as in `/15`) and `place`: its `name`, the `low`est
and `high`est number, the `words` for the numbers from the lowest on. Out: nothing, or an error.
*/}}
{{- define "workload.check.schedule.part" -}}
{{- $part := upper .part -}}
{{- range $i, $word := .place.words -}}
  {{- $part = replace $word (add $i $.place.low | toString) $part -}}
{{- end -}}
{{- $right := regexMatch "^([*?]|[0-9]{1,4}(-[0-9]{1,4})?)(/0*[1-9][0-9]{0,3})?$" $part -}}
{{- $last := .place.low -}}
{{- range regexFindAll "[0-9]+" (splitList "/" $part | first) -1 -}}
  {{- $number := regexReplaceAll "^0+([0-9])" . "${1}" | int -}}
  {{- if or (lt $number $last) (gt $number $.place.high) }}{{ $right = false }}{{ end -}}
  {{- $last = $number -}}
{{- end -}}
{{- if not $right -}}
  {{- fail (printf "cron.schedule: %q in %q is no %s, which goes from %d to %d" .part .schedule .place.name .place.low .place.high) -}}
{{- end -}}
{{- end }}
