// The conformance suite of CEL, told a test a line: its expression, and the value that it should have.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"cel.dev/expr"
	// The suite's messages of these packages can only be read with them.
	_ "cel.dev/expr/conformance/proto2"
	_ "cel.dev/expr/conformance/proto3"
	"cel.dev/expr/conformance/test"
	"google.golang.org/protobuf/encoding/prototext"
	_ "google.golang.org/protobuf/types/known/anypb"
	_ "google.golang.org/protobuf/types/known/durationpb"
	_ "google.golang.org/protobuf/types/known/structpb"
	_ "google.golang.org/protobuf/types/known/timestamppb"
	_ "google.golang.org/protobuf/types/known/wrapperspb"
)

// told is a test; Wanted is a value as the pipe of device selectors tells one, or nothing where that is not told.
type told struct {
	Name       string `json:"name"`
	Expression string `json:"expression"`
	Wanted     any    `json:"wanted,omitempty"`
	Fails      bool   `json:"fails,omitempty"`
}

func main() {
	files, err := filepath.Glob(filepath.Join(os.Args[1], "tests", "simple", "testdata", "*.textproto"))
	if err != nil || len(files) == 0 {
		fail(fmt.Errorf("no tests in %s: %w", os.Args[1], err))
	}
	out := json.NewEncoder(os.Stdout)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			fail(err)
		}
		file := &test.SimpleTestFile{}
		if err := prototext.Unmarshal(text, file); err != nil {
			fail(fmt.Errorf("%s: %w", name, err))
		}
		for _, section := range file.Section {
			for _, one := range section.Test {
				line := tell(one)
				line.Name = file.Name + "/" + section.Name + "/" + one.Name
				if err := out.Encode(line); err != nil {
					fail(err)
				}
			}
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func tell(one *test.SimpleTest) told {
	line := told{Expression: one.Expr}
	plain := one.Container == "" && !one.DisableMacros && !one.CheckOnly
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(one.Bindings))) {
		literal, ok := written(one.Bindings[name].GetValue())
		if !ok || strings.Contains(name, ".") {
			plain = false
			continue
		}
		// Devices are the only variable of a selector, but an expression may bring its own.
		line.Expression = fmt.Sprintf("cel.bind(%s, %s, %s\n)", name, literal, line.Expression)
	}
	if !plain {
		return line
	}
	switch wanted := one.ResultMatcher.(type) {
	case nil:
		line.Wanted = []any{"bool", true}
	case *test.SimpleTest_Value:
		line.Wanted = value(wanted.Value)
	case *test.SimpleTest_TypedResult:
		line.Wanted = value(wanted.TypedResult.Result)
	case *test.SimpleTest_EvalError, *test.SimpleTest_AnyEvalErrors:
		line.Fails = true
	}
	return line
}

// value is a value with its type; nil stands for one that device selectors do not have.
func value(of *expr.Value) any {
	switch v := of.GetKind().(type) {
	case *expr.Value_NullValue:
		return []any{"null"}
	case *expr.Value_BoolValue:
		return []any{"bool", v.BoolValue}
	case *expr.Value_Int64Value:
		return []any{"int", strconv.FormatInt(v.Int64Value, 10)}
	case *expr.Value_Uint64Value:
		return []any{"uint", strconv.FormatUint(v.Uint64Value, 10)}
	case *expr.Value_DoubleValue:
		if math.IsNaN(v.DoubleValue) {
			return []any{"double", "nan"}
		}
		return []any{"double", fmt.Sprintf("%016x", math.Float64bits(v.DoubleValue))}
	case *expr.Value_StringValue:
		return []any{"string", v.StringValue}
	case *expr.Value_BytesValue:
		return []any{"bytes", hex.EncodeToString(v.BytesValue)}
	case *expr.Value_TypeValue:
		return []any{"type", v.TypeValue}
	case *expr.Value_ListValue:
		items := []any{}
		for _, item := range v.ListValue.Values {
			items = append(items, value(item))
		}
		return []any{"list", items}
	case *expr.Value_MapValue:
		items := []any{}
		for _, entry := range v.MapValue.Entries {
			items = append(items, []any{value(entry.Key), value(entry.Value)})
		}
		return []any{"map", items}
	}
	return nil
}

// written is the value as an expression.
func written(of *expr.Value) (string, bool) {
	switch v := of.GetKind().(type) {
	case *expr.Value_NullValue:
		return "dyn(null)", true
	case *expr.Value_BoolValue:
		return strconv.FormatBool(v.BoolValue), true
	case *expr.Value_Int64Value:
		return strconv.FormatInt(v.Int64Value, 10), true
	case *expr.Value_Uint64Value:
		return strconv.FormatUint(v.Uint64Value, 10) + "u", true
	case *expr.Value_DoubleValue:
		return fmt.Sprintf("double('%s')", strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)), true
	case *expr.Value_StringValue:
		return quoted(v.StringValue), true
	case *expr.Value_BytesValue:
		return "b" + quoted(string(v.BytesValue)), true
	case *expr.Value_ListValue:
		var items []string
		for _, item := range v.ListValue.Values {
			text, ok := written(item)
			if !ok {
				return "", false
			}
			items = append(items, "dyn("+text+")")
		}
		return "[" + strings.Join(items, ", ") + "]", true
	case *expr.Value_MapValue:
		var items []string
		for _, entry := range v.MapValue.Entries {
			key, fine := written(entry.Key)
			text, ok := written(entry.Value)
			if !ok || !fine {
				return "", false
			}
			items = append(items, key+": dyn("+text+")")
		}
		return "{" + strings.Join(items, ", ") + "}", true
	}
	return "", false
}

func quoted(text string) string {
	parts := []string{"'"}
	for _, char := range text {
		parts = append(parts, fmt.Sprintf("\\U%08x", char))
	}
	return strings.Join(append(parts, "'"), "")
}
