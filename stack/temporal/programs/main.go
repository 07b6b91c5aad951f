// What an application does with Temporal, against the server at an address: `namespace` makes the namespace `default` where
// there is none; `workflow` runs one from its start to its history, and says what it saw as JSON.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	namespace = "default"
	queue     = "letters"
	signal    = "sign"
	// How long a server that has just started may take before it answers; a namespace, before all of it knows that.
	patience = 60 * time.Second
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: application namespace|workflow <host:port>")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	quiet := silent{}
	temporal, err := client.NewLazyClient(client.Options{HostPort: args[1], Namespace: namespace, Logger: quiet})
	if err != nil {
		return err
	}
	defer temporal.Close()
	switch args[0] {
	case "namespace":
		return makeNamespace(ctx, temporal)
	case "workflow":
		return runWorkflow(ctx, temporal)
	}
	return fmt.Errorf("there is no command %s", args[0])
}

func makeNamespace(ctx context.Context, temporal client.Client) error {
	return again(ctx, func() error {
		_, err := temporal.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
			Namespace:                        namespace,
			WorkflowExecutionRetentionPeriod: durationpb.New(72 * time.Hour),
		})
		var exists *serviceerror.NamespaceAlreadyExists
		if errors.As(err, &exists) {
			return nil
		}
		return err
	})
}

// letter waits for an activity and for a signal: both wake it from the server.
func letter(ctx workflow.Context, to string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: patience})
	var text, name string
	if err := workflow.ExecuteActivity(ctx, write, to).Get(ctx, &text); err != nil {
		return "", err
	}
	workflow.GetSignalChannel(ctx, signal).Receive(ctx, &name)
	return text + " " + name, nil
}

func write(_ context.Context, to string) (string, error) {
	return "Dear " + to + ", yours", nil
}

// seen is what one workflow's worth of calls gave.
type seen struct {
	Result string   `json:"result"`
	Events []string `json:"events"`
	Listed string   `json:"listed"`
}

func runWorkflow(ctx context.Context, temporal client.Client) error {
	letters := worker.New(temporal, queue, worker.Options{})
	letters.RegisterWorkflow(letter)
	letters.RegisterActivity(write)
	if err := again(ctx, letters.Start); err != nil {
		return err
	}
	defer letters.Stop()

	id := fmt.Sprintf("letter-%d", time.Now().UnixNano())
	var handle client.WorkflowRun
	err := again(ctx, func() (err error) {
		handle, err = temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, letter, "Ada")
		return err
	})
	if err != nil {
		return err
	}
	if err := temporal.SignalWorkflow(ctx, id, "", signal, "Solitude"); err != nil {
		return err
	}
	var found seen
	if err := handle.Get(ctx, &found.Result); err != nil {
		return err
	}
	history := temporal.GetWorkflowHistory(ctx, id, handle.GetRunID(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			return err
		}
		found.Events = append(found.Events, event.GetEventType().String())
	}
	// Visibility is a database of its own, written a moment later.
	err = again(ctx, func() error {
		answer, err := temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query: fmt.Sprintf("WorkflowId = '%s' and ExecutionStatus = 'Completed'", id),
		})
		if err != nil {
			return err
		}
		if len(answer.GetExecutions()) != 1 {
			return errors.New("the workflow is not listed")
		}
		found.Listed = answer.GetExecutions()[0].GetStatus().String()
		return nil
	})
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(found)
}

// again tries until it works, or the context ends; the error is the last one that said something.
func again(ctx context.Context, attempt func() error) error {
	limit, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		select {
		case <-limit.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

type silent struct{}

var _ sdklog.Logger = silent{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
