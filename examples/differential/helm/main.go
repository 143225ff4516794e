// Answers as `helm template` does, many times in one process: a chart in JSON a line in, what is printed a line out.
// The steps and their order are those of cmd/helm/template.go and cmd/helm/install.go; everything else is Helm's own.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/cli/values"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"
)

// Case is a chart and a command line.
type Case struct {
	Files       [][2]string // names and texts, in the order of a walk
	Values      [][2]string // names and texts of values files
	SetJSON     []string
	Set         []string
	SetString   []string
	SetLiteral  []string
	ShowOnly    []string
	APIVersions []string
	Name        string
	Namespace   string
	KubeVersion string
	IncludeCRDs bool
	NoHooks     bool
	SkipTests   bool
	IsUpgrade   bool
	SkipSchema  bool
}

// Answer is what the command prints; Error is empty where it succeeds.
type Answer struct {
	Stdout []byte
	Error  string
}

func main() {
	log.SetOutput(io.Discard)
	debug.SetGCPercent(400)
	scratch, err := os.MkdirTemp("", "differential")
	if err == nil {
		err = os.Chdir(scratch)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			break
		}
		var c Case
		if err := json.Unmarshal(line, &c); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = out.Encode(answer(&c))
	}
	_ = os.RemoveAll(scratch)
}

func answer(c *Case) (a Answer) {
	defer func() {
		if r := recover(); r != nil {
			a = Answer{Error: fmt.Sprintf("panic: %v", r)}
		}
	}()
	var out bytes.Buffer
	if err := template(c, &out); err != nil {
		return Answer{Stdout: out.Bytes(), Error: err.Error()}
	}
	return Answer{Stdout: out.Bytes()}
}

func template(c *Case, out io.Writer) error {
	client := action.NewInstall(&action.Configuration{Log: func(string, ...any) {}})
	if c.KubeVersion != "" {
		parsed, err := chartutil.ParseKubeVersion(c.KubeVersion)
		if err != nil {
			return fmt.Errorf("invalid kube version '%s': %s", c.KubeVersion, err)
		}
		client.KubeVersion = parsed
	}
	client.DryRunOption = "true"
	client.DryRun = true
	client.Replace = true
	client.ClientOnly = true
	client.APIVersions = chartutil.VersionSet(c.APIVersions)
	client.IncludeCRDs = c.IncludeCRDs
	client.DisableHooks = c.NoHooks
	client.IsUpgrade = c.IsUpgrade
	client.SkipSchemaValidation = c.SkipSchema
	client.ReleaseName = c.Name
	client.Namespace = c.Namespace

	rel, err := run(c, client)
	if err != nil {
		if rel != nil {
			return fmt.Errorf("%w\n\nUse --debug flag to render out invalid YAML", err)
		}
		return err
	}
	var manifests bytes.Buffer
	fmt.Fprintln(&manifests, strings.TrimSpace(rel.Manifest))
	if !client.DisableHooks {
		for _, hook := range rel.Hooks {
			if c.SkipTests && slices.Contains(hook.Events, release.HookTest) {
				continue
			}
			fmt.Fprintf(&manifests, "---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
		}
	}
	if len(c.ShowOnly) == 0 {
		_, err := manifests.WriteTo(out)
		return err
	}
	return showOnly(c.ShowOnly, manifests.String(), out)
}

func run(c *Case, client *action.Install) (*release.Release, error) {
	options := values.Options{
		JSONValues: c.SetJSON, Values: c.Set, StringValues: c.SetString, LiteralValues: c.SetLiteral,
	}
	for _, file := range c.Values {
		if err := os.WriteFile(file[0], []byte(file[1]), 0o600); err != nil {
			return nil, err
		}
		options.ValueFiles = append(options.ValueFiles, file[0])
	}
	merged, err := options.MergeValues(getter.All(cli.New()))
	if err != nil {
		return nil, err
	}
	files := make([]*loader.BufferedFile, 0, len(c.Files))
	for _, file := range c.Files {
		files = append(files, &loader.BufferedFile{Name: file[0], Data: []byte(file[1])})
	}
	loaded, err := loader.LoadFiles(files)
	if err != nil {
		return nil, err
	}
	if err := installable(loaded); err != nil {
		return nil, err
	}
	if dependencies := loaded.Metadata.Dependencies; dependencies != nil {
		if err := action.CheckDependencies(loaded, dependencies); err != nil {
			const advice = "An error occurred while checking for chart dependencies. You may need to run `helm dependency build` to fetch missing dependencies"
			return nil, fmt.Errorf("%s: %w", advice, err)
		}
	}
	return client.Run(loaded, merged)
}

func installable(loaded *chart.Chart) error {
	switch kind := loaded.Metadata.Type; kind {
	case "", "application":
		return nil
	default:
		return errors.New(kind + " charts are not installable")
	}
}

var source = regexp.MustCompile("# Source: [^/]+/(.+)")

func showOnly(patterns []string, manifests string, out io.Writer) error {
	split := releaseutil.SplitManifests(manifests)
	keys := make([]string, 0, len(split))
	for key := range split {
		keys = append(keys, key)
	}
	sort.Sort(releaseutil.BySplitManifestsOrder(keys))
	var shown []string
	for _, pattern := range patterns {
		missing := true
		for _, key := range keys {
			found := source.FindStringSubmatch(split[key])
			if len(found) == 0 {
				continue
			}
			if matched, _ := filepath.Match(pattern, found[1]); matched {
				shown = append(shown, split[key])
				missing = false
			}
		}
		if missing {
			return fmt.Errorf("could not find template %s in chart", pattern)
		}
	}
	for _, manifest := range shown {
		fmt.Fprintf(out, "---\n%s\n", manifest)
	}
	return nil
}
