package function

import (
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// optional is a parameter for optional arguments, which Terraform supports only as a list of any length.
func optional(description string) function.Parameter {
	return function.DynamicParameter{Name: "options", AllowNullValue: true, MarkdownDescription: description}
}

// options are the optional arguments of a function with one required argument.
type options struct {
	values []types.Dynamic
	most   int
}

// check rejects more arguments than there are parameters.
func (o options) check() *function.FuncError {
	if len(o.values) > o.most {
		return function.NewArgumentFuncError(int64(o.most)+1, fmt.Sprintf("The function takes at most %d argument(s)", o.most+1))
	}
	return nil
}

// at returns the value of an optional argument, nil if it is null or left out.
func (o options) at(i int) (any, error) {
	if i >= len(o.values) {
		return nil, nil
	}
	return plain(o.values[i])
}

// name reads a string.
func (o options) name(i int) (string, *function.FuncError) {
	v, err := o.at(i)
	if err != nil {
		return "", wrong(int64(i)+1, err)
	}
	if v == nil {
		return "", nil
	}
	name, ok := v.(string)
	if !ok || name == "" {
		return "", wrong(int64(i)+1, errors.New("the flow name must be a non-empty string, or null"))
	}
	return name, nil
}

// labels reads a list or set of strings.
func (o options) labels(i int) ([]string, *function.FuncError) {
	v, err := o.at(i)
	if err != nil {
		return nil, wrong(int64(i)+1, err)
	}
	if v == nil {
		return nil, nil
	}
	bad := wrong(int64(i)+1, errors.New(`the labels must be a list or set of non-empty strings, such as ["k8s", "prod"], or null`))
	list, ok := v.([]any)
	if !ok {
		return nil, bad
	}
	labels := make([]string, 0, len(list))
	for _, one := range list {
		label, ok := one.(string)
		if !ok || label == "" {
			return nil, bad
		}
		labels = append(labels, label)
	}
	slices.Sort(labels)
	return labels, nil
}
