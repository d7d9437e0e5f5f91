package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var event struct {
		Op    string
		Bytes int
	}
	if err := json.Unmarshal(raw, &event); err != nil {
		return nil, err
	}
	switch event.Op {
	case "echo":
		return raw, nil
	case "environment":
		variables := map[string]string{}
		for _, each := range os.Environ() {
			name, value, _ := strings.Cut(each, "=")
			variables[name] = value
		}
		return variables, nil
	case "error":
		return nil, errors.New("deliberate")
	case "timeout":
		time.Sleep(time.Minute)
		return nil, nil
	case "big":
		return strings.Repeat("x", event.Bytes), nil
	}
	about, _ := lambdacontext.FromContext(ctx)
	deadline, _ := ctx.Deadline()
	return map[string]any{
		"name":        lambdacontext.FunctionName,
		"version":     lambdacontext.FunctionVersion,
		"memory":      lambdacontext.MemoryLimitInMB,
		"arn":         about.InvokedFunctionArn,
		"requestId":   about.AwsRequestID,
		"remainingMs": time.Until(deadline).Milliseconds(),
	}, nil
}

func main() {
	lambda.Start(handle)
}
