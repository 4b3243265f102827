package prefectserver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/api"
	"github.com/prefect-server/terraform-provider-prefect/internal/devstack/prefectserver/query"
)

// Handler answers GraphQL over HTTP as Prefect Server's gateway does, at any path:
// clients use / and /graphql.
func (s *Server) Handler() http.Handler {
	// No ServeMux: it would redirect //graphql, which an address that ends in a slash becomes.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/apollo/server-health" {
			s.reply(w, http.StatusOK, "application/health+json; charset=utf-8", []byte(`{"status":"pass"}`))
			return
		}
		s.serve(w, r)
	})
}

// serve dispatches on the method, with the headers for browsers.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	switch r.Method {
	case http.MethodPost:
		s.post(w, r)
	case http.MethodGet:
		s.get(w, r)
	case http.MethodOptions:
		w.Header().Set("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			w.Header().Set("Access-Control-Allow-Headers", asked)
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Allow", "GET, POST")
		s.text(w, http.StatusMethodNotAllowed, "Apollo Server supports only GET/POST requests.")
	}
}

// request is a GraphQL request as received.
type request struct {
	Query         any
	OperationName string
	Variables     map[string]any
	encoded       bool // variables came as a string
	unusable      bool // variables are no object
	bytes         int
}

// refusal is an answer in plain text to what is not a GraphQL request.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

// post answers a POST, which holds one request or a list of them.
func (s *Server) post(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	body, err := io.ReadAll(io.LimitReader(r.Body, s.bodyLimit+1))
	if err != nil {
		return // the client is gone
	}
	if int64(len(body)) > s.bodyLimit {
		s.tooLarge(w, r, started)
		return
	}
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := strings.ToLower(cmp.Or(parameters["charset"], "utf-8"))
	switch {
	case err != nil || kind != "application/json":
		body = nil // the gateway reads no other bodies
	case !strings.HasPrefix(charset, "utf-"):
		s.errorPage(w, http.StatusUnsupportedMediaType, fmt.Sprintf("UnsupportedMediaTypeError: unsupported charset %q", strings.ToUpper(charset)))
		return
	}
	body = bytes.TrimPrefix(body, []byte(byteOrderMark))
	if len(bytes.TrimSpace(body)) == 0 {
		s.text(w, http.StatusInternalServerError, missingBody)
		return
	}
	var single map[string]any
	var batch []map[string]any
	if err := decode(body, &single); err != nil {
		if err := decode(body, &batch); err != nil {
			s.errorPage(w, http.StatusBadRequest, "SyntaxError: "+err.Error())
			return
		}
		if len(batch) == 0 {
			s.text(w, http.StatusInternalServerError, missingBody)
			return
		}
		s.batch(w, r, batch, len(body))
		return
	}
	s.single(w, r, single, len(body))
}

const jsonAnswer = "application/json; charset=utf-8"

const missingBody = "POST body missing. Did you forget use body-parser middleware?"

// byteOrderMark is passed over at the beginning of a body.
const byteOrderMark = "\xef\xbb\xbf"

// drained is how much of a body that is too large is still read, so that the client sees the answer instead of a
// connection reset.
const drained = 256 << 20

func (s *Server) tooLarge(w http.ResponseWriter, r *http.Request, started time.Time) {
	rest, err := io.Copy(io.Discard, io.LimitReader(r.Body, drained))
	if err != nil {
		return
	}
	s.errorPage(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeError: request entity too large")
	s.requests.add(RequestRecord{
		Time: started, Duration: time.Since(started), Status: http.StatusRequestEntityTooLarge,
		Header: r.Header.Clone(), Bytes: int(s.bodyLimit + rest),
	})
}

func decode(body []byte, target any) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		return fmt.Errorf("reading JSON: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("unexpected data after the JSON value")
	}
	return nil
}

func (s *Server) single(w http.ResponseWriter, r *http.Request, body map[string]any, size int) {
	if len(body) == 0 {
		s.text(w, http.StatusInternalServerError, missingBody)
		return
	}
	parsed, err := read(body)
	if err != nil {
		s.refuse(w, err)
		return
	}
	parsed.bytes = size
	if a := s.answer(w, r, parsed); a != nil {
		s.reply(w, a.status, a.contentType(), a.body)
	}
}

// batch answers a list of requests with the list of their answers.
func (s *Server) batch(w http.ResponseWriter, r *http.Request, bodies []map[string]any, size int) {
	var out bytes.Buffer
	out.WriteByte('[')
	for i, body := range bodies {
		parsed, err := read(body)
		if err != nil {
			s.refuse(w, err)
			return
		}
		parsed.bytes = size
		a := s.answer(w, r, parsed)
		if a == nil {
			return
		}
		if i > 0 {
			out.WriteByte(',')
		}
		out.Write(bytes.TrimSpace(a.body))
	}
	out.WriteString("]\n")
	s.reply(w, http.StatusOK, jsonAnswer, out.Bytes())
}

// read takes a request out of its JSON. The error is a *refusal.
func read(body map[string]any) (*request, error) {
	out := &request{Query: body["query"]}
	if out.Query == nil || out.Query == "" {
		return nil, &refusal{http.StatusBadRequest, "Must provide query string."}
	}
	if _, ok := out.Query.(string); !ok {
		return nil, &refusal{http.StatusBadRequest, "GraphQL queries must be strings. It looks like you're sending " +
			"the internal graphql-js representation of a parsed query in your request instead of a request in the " +
			"GraphQL query language."}
	}
	out.OperationName, _ = body["operationName"].(string)
	switch v := body["variables"].(type) {
	case nil, []any: // a list has no variables by name
	case map[string]any:
		out.Variables = v
	case string:
		out.encoded = true
		if v == "" {
			out.unusable = true
			break
		}
		var decoded any
		if err := decode([]byte(v), &decoded); err != nil {
			return nil, &refusal{http.StatusBadRequest, "Variables are invalid JSON."}
		}
		out.Variables, _ = decoded.(map[string]any)
		_, isList := decoded.([]any)
		out.unusable = out.Variables == nil && decoded != nil && !isList
	default:
		out.unusable = true
	}
	for name, value := range out.Variables {
		out.Variables[name] = query.JavaScript(value)
	}
	return out, nil
}

// get answers a GET: a query in the URL, or the page that a browser wants.
func (s *Server) get(w http.ResponseWriter, r *http.Request) {
	values := r.URL.Query()
	if !values.Has("query") {
		if strings.Contains(r.Header.Get("Accept"), "text/html") {
			s.reply(w, http.StatusOK, "text/html; charset=utf-8", []byte(page("Prefect Server GraphQL API",
				"POST GraphQL requests to this address.")))
			return
		}
		s.text(w, http.StatusBadRequest, "GET query missing.")
		return
	}
	body := map[string]any{"query": values.Get("query"), "operationName": values.Get("operationName")}
	if v := values.Get("variables"); v != "" {
		body["variables"] = v
	}
	parsed, err := read(body)
	if err != nil {
		s.refuse(w, err)
		return
	}
	text, _ := parsed.Query.(string)
	if document, errs := s.engine.Parse(text); len(errs) == 0 && document.IsMutation(parsed.OperationName) {
		w.Header().Set("Allow", "POST")
		s.text(w, http.StatusMethodNotAllowed, "GET supports only query operation")
		return
	}
	if a := s.answer(w, r, parsed); a != nil {
		s.reply(w, a.status, a.contentType(), a.body)
	}
}

// answer is what one request is answered with.
type answer struct {
	status int
	typ    string // application/json by default
	body   []byte
	errors []string
}

func (a *answer) contentType() string {
	if a.typ == "" {
		return jsonAnswer
	}
	return a.typ
}

// answer executes one request, with the faults that apply to it. It returns nil
// if the connection was dropped.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, in *request) *answer {
	record := RequestRecord{
		Time: time.Now(), Header: r.Header.Clone(), Bytes: in.bytes, Encoded: in.encoded, Operation: in.OperationName,
	}
	defer func() {
		record.Duration = time.Since(record.Time)
		s.requests.add(record)
	}()
	text, _ := in.Query.(string)
	document, errs := s.engine.Parse(text)
	if len(errs) == 0 {
		record.RootFields = document.RootFields(in.OperationName)
		record.Mutation = document.IsMutation(in.OperationName)
		record.Operation = document.Operation(in.OperationName)
	}
	a := s.execute(w, r, in, document, errs, record)
	if a != nil {
		record.Status, record.Errors = a.status, a.errors
	}
	return a
}

func (s *Server) execute(
	w http.ResponseWriter, r *http.Request, in *request, document *query.Document, errs []query.Error, record RequestRecord,
) *answer {
	fault, faulty := s.faults.match(record.Operation, record.RootFields)
	if faulty {
		if done, a := s.inject(w, r, fault, record); done {
			return a
		}
	}
	if in.unusable && len(errs) == 0 {
		errs = []query.Error{{
			Message: "Variables must be provided as an Object where each property is a variable value. Perhaps look to see " +
				"if an unparsed JSON string was provided.",
			Extensions: map[string]any{"code": query.CodeInternal},
		}}
	}
	if len(errs) > 0 {
		return s.encode(query.Response{Errors: errs})
	}
	// What was asked for is done even if the client does not wait for it.
	ctx := api.WithHeaders(context.WithoutCancel(r.Context()), r.Header)
	response := s.engine.Execute(ctx, document, in.OperationName, in.Variables)
	if faulty && fault.Drop == DropAfter {
		drop(w)
		return nil
	}
	return s.encode(response)
}

func (s *Server) encode(response query.Response) *answer {
	a := &answer{status: http.StatusOK}
	if !response.Executed {
		a.status = http.StatusBadRequest
	}
	for _, e := range response.Errors {
		a.errors = append(a.errors, e.Message)
	}
	body, err := response.MarshalJSON()
	if err != nil {
		s.logger.Error("encoding a response", "error", err)
		return &answer{status: http.StatusInternalServerError, typ: "text/plain", body: []byte("Internal Server Error")}
	}
	a.body = body
	return a
}

// inject does what a fault says before the request is executed. It returns true if nothing else is to be done.
func (s *Server) inject(w http.ResponseWriter, r *http.Request, fault Fault, record RequestRecord) (bool, *answer) {
	if fault.Before != nil {
		fault.Before()
	}
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return true, nil
		}
	}
	switch {
	case fault.Drop == DropBefore:
		drop(w)
		return true, nil
	case fault.Status != 0:
		if fault.RetryAfter != "" {
			w.Header().Set("Retry-After", fault.RetryAfter)
		}
		a := &answer{status: fault.Status, typ: fault.ContentType, body: []byte(fault.Body)}
		if a.typ == "" {
			a.typ = "text/html"
		}
		if fault.Body == "" {
			a.body = []byte(page(http.StatusText(fault.Status), http.StatusText(fault.Status)))
		}
		return true, a
	case fault.Message != "":
		return true, s.encode(failed(fault, record.RootFields))
	}
	return false, nil
}

// failed is the response in which every root field has failed.
func failed(fault Fault, fields []string) query.Response {
	code := fault.Code
	if code == "" {
		code = query.CodeInternal
	}
	data := &query.Object{}
	response := query.Response{Executed: true, Data: data}
	for _, f := range fields {
		data.Keys = append(data.Keys, f)
		data.Values = append(data.Values, nil)
		response.Errors = append(response.Errors, query.Error{
			Message: fault.Message, Path: []any{f}, Extensions: map[string]any{"code": code},
		})
	}
	return response
}

// drop closes the connection without an answer.
func drop(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return // not a network connection: the caller answers nothing
	}
	_ = connection.Close()
}

func (s *Server) refuse(w http.ResponseWriter, err error) {
	var r *refusal
	if errors.As(err, &r) {
		s.text(w, r.status, r.message)
		return
	}
	s.text(w, http.StatusInternalServerError, err.Error())
}

func (s *Server) text(w http.ResponseWriter, status int, message string) {
	s.reply(w, status, "text/html; charset=utf-8", []byte(message))
}

// errorPage is how the gateway's web framework answers what it cannot read.
func (s *Server) errorPage(w http.ResponseWriter, status int, message string) {
	s.reply(w, status, "text/html; charset=utf-8", []byte(page("Error", message)))
}

func page(title, message string) string {
	return fmt.Sprintf("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%s</title>\n</head>\n"+
		"<body>\n<pre>%s</pre>\n</body>\n</html>\n", html.EscapeString(title), html.EscapeString(message))
}

func (s *Server) reply(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		s.logger.Debug("answering", "error", err)
	}
}
