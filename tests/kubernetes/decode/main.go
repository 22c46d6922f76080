// Decodes manifests against Kubernetes' own Go types, strictly: a field that a type does not have, and one
// that is there twice, is an error. Reads YAML of any number of documents; prints a line for each.
//
//	decode <manifests.yaml
//	decode --admit policy.yaml <requests.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	admission "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// What we have manifests of. Of custom resources (monitoring.coreos.com) Kubernetes has no types.
var kinds = map[string]func() interface{}{
	"v1 ConfigMap":      func() interface{} { return new(core.ConfigMap) },
	"v1 Namespace":      func() interface{} { return new(core.Namespace) },
	"v1 Pod":            func() interface{} { return new(core.Pod) },
	"v1 ServiceAccount": func() interface{} { return new(core.ServiceAccount) },
	"apps/v1 DaemonSet": func() interface{} { return new(apps.DaemonSet) },
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy": func() interface{} {
		return new(admission.ValidatingAdmissionPolicy)
	},
	"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding": func() interface{} {
		return new(admission.ValidatingAdmissionPolicyBinding)
	},
}

var separator = regexp.MustCompile(`(?m)^---.*$`)

func decode(doc []byte) ([]byte, error) {
	var head meta.TypeMeta
	if err := yaml.Unmarshal(doc, &head); err != nil {
		return nil, err
	}
	name := head.APIVersion + " " + head.Kind
	if strings.HasPrefix(name, "monitoring.coreos.com/v1 ") {
		return yaml.YAMLToJSONStrict(doc)
	}
	make, ok := kinds[name]
	if !ok {
		return nil, fmt.Errorf("%s: no type of Kubernetes' own", name)
	}
	object := make()
	if err := yaml.UnmarshalStrict(doc, object); err != nil {
		return nil, fmt.Errorf("%s: %v", name, err)
	}
	return json.Marshal(object)
}

func main() {
	if len(os.Args) == 3 && os.Args[1] == "--admit" {
		if err := admit(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	all, err := io.ReadAll(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	status := 0
	for _, doc := range separator.Split(string(all), -1) {
		if len(bytes.TrimSpace([]byte(doc))) == 0 {
			continue
		}
		line, err := decode([]byte(doc))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
			continue
		}
		fmt.Printf("%s\n", line)
	}
	os.Exit(status)
}
