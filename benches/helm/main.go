// Command helm times Helm's template command inside one process: what the command does after it has parsed its flags.
//
//	helm RUNS CHART [VALUES FILE ...]
//
// It prints two medians in nanoseconds: a bake of a chart that is loaded already, and one that loads the chart first.
package main

import (
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
)

func main() {
	log.SetOutput(io.Discard)
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	runs, err := strconv.Atoi(os.Args[1])
	check(err)
	path := os.Args[2]
	layers := values.Options{ValueFiles: os.Args[3:]}
	loaded := load(path)
	fmt.Println(median(runs, func() { bake(loaded, layers) }), median(runs, func() { bake(load(path), layers) }))
}

// bake does what `helm template` does with a chart: cmd/helm/template.go.
func bake(chart *chart.Chart, layers values.Options) {
	vals, err := layers.MergeValues(getter.Providers{})
	check(err)
	install := action.NewInstall(new(action.Configuration))
	install.DryRun = true
	install.DryRunOption = "true"
	install.ClientOnly = true
	install.Replace = true
	install.ReleaseName = "release-name"
	install.Namespace = "default"
	install.KubeVersion = &chartutil.KubeVersion{Version: "v1.34.0", Major: "1", Minor: "34"}
	_, err = install.Run(chart, vals)
	check(err)
}

func load(path string) *chart.Chart {
	chart, err := loader.Load(path)
	check(err)
	return chart
}

// median runs f once more than it counts.
func median(runs int, f func()) int64 {
	f()
	times := make([]int64, runs)
	for i := range times {
		start := time.Now()
		f()
		times[i] = time.Since(start).Nanoseconds()
	}
	slices.Sort(times)
	return times[runs/2]
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
