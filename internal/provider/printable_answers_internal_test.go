package provider

import (
	"context"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Every answer that has something to show passes through printable, also those
// of a kind that a later version of the plugin protocol brings.
func TestEveryAnswerIsPrintable(t *testing.T) {
	t.Parallel()
	kind := reflect.TypeFor[printable]()
	for i := range kind.NumMethod() {
		method := kind.Method(i)
		answer := method.Type.Out(0)
		if answer.Kind() != reflect.Pointer {
			continue
		}
		_, diagnostics := answer.Elem().FieldByName("Diagnostics")
		_, failure := answer.Elem().FieldByName("Error")
		shows := diagnostics || failure && method.Name != "StopProvider" || strings.HasSuffix(answer.Elem().Name(), "Stream")
		if file, _ := runtime.FuncForPC(method.Func.Pointer()).FileLine(method.Func.Pointer()); shows && promoted(kind, method.Name) {
			t.Errorf("%s is not made printable (%s)", method.Name, file)
		}
	}
}

// promoted says whether a method of the type is only that of what is embedded.
func promoted(kind reflect.Type, name string) bool {
	method, _ := reflect.PointerTo(kind).MethodByName(name)
	own, _ := kind.MethodByName(name)
	for _, m := range []reflect.Method{method, own} {
		if file, _ := runtime.FuncForPC(m.Func.Pointer()).FileLine(m.Func.Pointer()); strings.HasSuffix(file, "printable_answers.go") {
			return false
		}
	}
	return true
}

type hostile struct{ everything }

const painted = "\x1b[2JApply complete!\u202e"

func (hostile) ReadResource(context.Context, *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return &tfprotov6.ReadResourceResponse{Diagnostics: []*tfprotov6.Diagnostic{
		{Summary: painted, Detail: painted}, {Summary: "huge", Detail: strings.Repeat(painted, 1<<20)},
	}}, nil
}

func (hostile) CallFunction(context.Context, *tfprotov6.CallFunctionRequest) (*tfprotov6.CallFunctionResponse, error) {
	return &tfprotov6.CallFunctionResponse{Error: &tfprotov6.FunctionError{Text: painted}}, nil
}

func (hostile) InvokeAction(context.Context, *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	return &tfprotov6.InvokeActionServerStream{Events: func(push func(tfprotov6.InvokeActionEvent) bool) {
		push(tfprotov6.InvokeActionEvent{Type: tfprotov6.ProgressInvokeActionEventType{Message: painted}})
		push(tfprotov6.InvokeActionEvent{Type: tfprotov6.CompletedInvokeActionEventType{
			Diagnostics: []*tfprotov6.Diagnostic{{Summary: painted, Detail: painted}},
		}})
	}}, nil
}

func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const want = `\x1b[2JApply complete!\u202e`
	p := printable{hostile{}}
	read, err := p.ReadResource(t.Context(), nil)
	if err != nil || read.Diagnostics[0].Summary != want || read.Diagnostics[0].Detail != want {
		t.Errorf("read: %v %+v", err, read.Diagnostics[0])
	}
	if huge := read.Diagnostics[1].Detail; len(huge) > 8<<10 || !strings.HasSuffix(huge, " more bytes)") {
		t.Errorf("a huge line has %d bytes", len(huge))
	}
	called, err := p.CallFunction(t.Context(), nil)
	if err != nil || called.Error.Text != want {
		t.Errorf("function: %v %q", err, called.Error.Text)
	}
	stream, err := p.InvokeAction(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for event := range stream.Events {
		switch e := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			if e.Message != want {
				t.Errorf("progress: %q", e.Message)
			}
		case tfprotov6.CompletedInvokeActionEventType:
			if e.Diagnostics[0].Detail != want {
				t.Errorf("end: %q", e.Diagnostics[0].Detail)
			}
		}
	}
}
