package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	resourceapi "k8s.io/api/resource/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// Deepest value that is told whole.
const deepest = 40

// eavesdropper stands in for a selector's program: it evaluates another one over the same variables and keeps what
// came out, so that an expression of any type sees a device exactly as a selector does.
type eavesdropper struct {
	cel.Program
	real    cel.Program
	value   ref.Val
	details *cel.EvalDetails
	err     error
}

func (e *eavesdropper) ContextEval(ctx context.Context, variables any) (ref.Val, *cel.EvalDetails, error) {
	e.value, e.details, e.err = e.real.ContextEval(ctx, variables)
	return types.True, nil, nil
}

func valued(asked question) (given answer) {
	host := asked.compile("true")
	if host.Error != nil {
		fail(host.Error)
	}
	tree, issues := host.Environment.Compile(asked.Expression)
	if issues != nil {
		given.CompileError = "compilation failed: " + issues.String()
		return given
	}
	given.Type = tree.OutputType().String()
	if asked.Overloads {
		given.Overloads = overloads(tree)
	}
	program, err := host.Environment.Program(
		tree, cel.CostLimit(resourceapi.CELSelectorExpressionMaxCost), cel.InterruptCheckFrequency(celconfig.CheckFrequency),
	)
	if err != nil {
		given.CompileError = "program instantiation failed: " + err.Error()
		return given
	}
	for index := range asked.Devices {
		listener := &eavesdropper{Program: host.Program, real: program}
		host.Program = listener
		_, _, err := host.DeviceMatches(context.Background(), asked.device(index))
		if err == nil {
			err = listener.err
		}
		said := verdict{}
		if err != nil {
			said.Error = err.Error()
		} else {
			said.Value = told(listener.value, 0)
		}
		if listener.details != nil && listener.details.ActualCost() != nil {
			said.Cost = *listener.details.ActualCost()
		}
		given.Verdicts = append(given.Verdicts, said)
	}
	return given
}

// overloads are the ids that the checker chose where it could choose one.
func overloads(tree *cel.Ast) []string {
	var found []string
	for _, reference := range tree.NativeRep().ReferenceMap() {
		if len(reference.OverloadIDs) == 1 {
			found = append(found, reference.OverloadIDs[0])
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// told is a value as JSON: its type and an exact text, or what is inside it.
func told(value ref.Val, depth int) []any {
	if depth > deepest {
		return []any{"deep"}
	}
	switch v := value.(type) {
	case types.Bool:
		return []any{"bool", bool(v)}
	case types.Int:
		return []any{"int", strconv.FormatInt(int64(v), 10)}
	case types.Uint:
		return []any{"uint", strconv.FormatUint(uint64(v), 10)}
	case types.Double:
		if math.IsNaN(float64(v)) {
			return []any{"double", "nan"}
		}
		return []any{"double", fmt.Sprintf("%016x", math.Float64bits(float64(v)))}
	case types.String:
		return []any{"string", string(v)}
	case types.Bytes:
		return []any{"bytes", hex.EncodeToString(v)}
	case types.Null:
		return []any{"null"}
	case types.Timestamp:
		return []any{"timestamp", nanos(v.Unix(), int64(v.Nanosecond()))}
	case types.Duration:
		return []any{"duration", strconv.FormatInt(int64(v.Duration), 10)}
	case *types.Optional:
		if !v.HasValue() {
			return []any{"optional"}
		}
		return []any{"optional", told(v.GetValue(), depth+1)}
	case apiservercel.Quantity:
		return quantity(v)
	case *apiservercel.Quantity:
		return quantity(*v)
	case apiservercel.Semver:
		return []any{"semver", v.String()}
	case apiservercel.URL:
		return []any{"url", v.String()}
	case apiservercel.IP:
		return []any{"ip", v.String()}
	case apiservercel.CIDR:
		return []any{"cidr", v.String()}
	case *apiservercel.Format:
		return []any{"format", v.Name}
	case apiservercel.Format:
		return []any{"format", v.Name}
	case ref.Type:
		return []any{"type", v.TypeName()}
	case traits.Mapper:
		return []any{"map", entries(v, depth)}
	case traits.Lister:
		items := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			items = append(items, told(it.Next(), depth+1))
		}
		return []any{"list", items}
	}
	return []any{"other", value.Type().TypeName()}
}

// quantity is the exact amount; how it would be written shows in no expression.
func quantity(of apiservercel.Quantity) []any {
	amount := of.DeepCopy()
	return []any{"quantity", amount.AsDec().String()}
}

// entries are a map's, by the JSON of their keys.
func entries(of traits.Mapper, depth int) []any {
	texts := []string{}
	byText := map[string]any{}
	for it := of.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		shown := told(key, depth+1)
		text, err := json.Marshal(shown)
		if err != nil {
			fail(err)
		}
		texts = append(texts, string(text))
		byText[string(text)] = []any{shown, told(of.Get(key), depth+1)}
	}
	slices.Sort(texts)
	items := []any{}
	for _, text := range texts {
		items = append(items, byText[text])
	}
	return items
}

// nanos since 1970, in which no year from 1 to 9999 fits an int64.
func nanos(seconds, rest int64) string {
	sum := new(big.Int).Mul(big.NewInt(seconds), big.NewInt(int64(time.Second)))
	return sum.Add(sum, big.NewInt(rest)).String()
}
