package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	admission "k8s.io/api/admissionregistration/v1"
	"sigs.k8s.io/yaml"
)

// A request, as the API server would put it to the policy; MAY: the namespaces where who asks may use
// annotations.gotune.io.
type request struct {
	Request   map[string]interface{} `json:"request"`
	Object    interface{}            `json:"object"`
	OldObject interface{}            `json:"oldObject"`
	May       []string               `json:"may"`
}

// The API server's authorizer is a chain of calls; here each adds its word to a text.
func chain(name string) cel.EnvOption {
	return cel.Function(name, cel.MemberOverload("authz_"+name, []*cel.Type{cel.DynType, cel.StringType}, cel.DynType,
		cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			return types.String(fmt.Sprintf("%v %s=%v", a.Value(), name, b.Value()))
		})))
}

func environment(may []string) (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("object", cel.DynType), cel.Variable("oldObject", cel.DynType),
		cel.Variable("request", cel.DynType), cel.Variable("variables", cel.DynType),
		cel.Variable("authorizer", cel.DynType),
		chain("group"), chain("resource"), chain("namespace"), chain("check"),
		cel.Function("allowed", cel.MemberOverload("authz_allowed", []*cel.Type{cel.DynType}, cel.BoolType,
			cel.UnaryBinding(func(a ref.Val) ref.Val {
				for _, ns := range may {
					if a.Value() == "may group=gotune.io resource=annotations namespace="+ns+" check=use" {
						return types.True
					}
				}
				return types.False
			}))))
}

func evaluate(env *cel.Env, text string, vars map[string]interface{}) (ref.Val, error) {
	ast, issues := env.Compile(text)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	program, err := env.Program(ast)
	if err != nil {
		return nil, err
	}
	value, _, err := program.Eval(vars)
	return value, err
}

// "skipped" when a match condition is false, "allowed", or "denied".
func decide(spec *admission.ValidatingAdmissionPolicySpec, r *request) (string, error) {
	env, err := environment(r.May)
	if err != nil {
		return "", err
	}
	variables := map[string]interface{}{}
	vars := map[string]interface{}{"object": r.Object, "oldObject": r.OldObject, "request": r.Request,
		"variables": variables, "authorizer": "may"}
	for _, c := range spec.MatchConditions {
		value, err := evaluate(env, c.Expression, vars)
		if err != nil || value != types.True {
			return "skipped", err
		}
	}
	for _, v := range spec.Variables {
		value, err := evaluate(env, v.Expression, vars)
		if err != nil {
			return "", err
		}
		variables[v.Name] = value
	}
	for _, v := range spec.Validations {
		value, err := evaluate(env, v.Expression, vars)
		if err != nil || value != types.True {
			return "denied", err
		}
	}
	return "allowed", nil
}

// Puts each request (a line of JSON on standard input) to the policy in FILE, and prints what becomes of it.
func admit(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var policy admission.ValidatingAdmissionPolicy
	if err := yaml.UnmarshalStrict([]byte(separator.Split(string(text), -1)[0]), &policy); err != nil {
		return err
	}
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	for {
		var r request
		if err := in.Decode(&r); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		answer, err := decide(&policy.Spec, &r)
		if err != nil {
			return err
		}
		fmt.Println(answer)
	}
}
