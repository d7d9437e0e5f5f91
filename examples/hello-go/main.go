// Greets whoever the event names, in Go.
package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Name string `json:"name"`
}

type answer struct {
	Message string `json:"message"`
}

func greet(_ context.Context, input event) (answer, error) {
	name := input.Name
	if name == "" {
		name = "World"
	}
	fmt.Println("greeting", name)
	return answer{Message: fmt.Sprintf("Hello, %s!", name)}, nil
}

func main() {
	lambda.Start(greet)
}
