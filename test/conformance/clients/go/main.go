// Manages a function with the AWS SDK for Go and prints what came back as JSON.
//
//	go run . http://127.0.0.1:8080
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

const name = "from-go"

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	result, err := manage(ctx, newClient(os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(result)
}

func newClient(endpoint string) *lambda.Client {
	credentials := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "any", SecretAccessKey: "any"}, nil
	})
	return lambda.New(lambda.Options{
		BaseEndpoint: aws.String(endpoint),
		Region:       "us-east-1",
		Credentials:  credentials,
	})
}

func manage(ctx context.Context, client *lambda.Client) (map[string]any, error) {
	function := aws.String(name)
	created, err := client.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: function,
		Runtime:      types.Runtime("nodejs24.x"),
		Handler:      aws.String("index.handler"),
		Role:         aws.String("arn:aws:iam::000000000000:role/lambda"),
		Code:         &types.FunctionCode{ZipFile: archive("Hello, Go")},
	})
	if err != nil {
		return nil, fmt.Errorf("creating: %w", err)
	}
	waiter := lambda.NewFunctionActiveV2Waiter(client, func(o *lambda.FunctionActiveV2WaiterOptions) {
		o.MinDelay = time.Second
	})
	if err := waiter.Wait(ctx, &lambda.GetFunctionInput{FunctionName: function}, time.Minute); err != nil {
		return nil, fmt.Errorf("waiting: %w", err)
	}
	published, err := client.PublishVersion(ctx, &lambda.PublishVersionInput{FunctionName: function})
	if err != nil {
		return nil, fmt.Errorf("publishing: %w", err)
	}
	alias, err := client.CreateAlias(ctx, &lambda.CreateAliasInput{
		FunctionName: function, Name: aws.String("live"), FunctionVersion: published.Version,
	})
	if err != nil {
		return nil, fmt.Errorf("naming: %w", err)
	}
	invoked, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: function, Qualifier: aws.String("live")})
	if err != nil {
		return nil, fmt.Errorf("invoking: %w", err)
	}
	versions, err := listVersions(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("listing: %w", err)
	}
	_, err = client.GetAlias(ctx, &lambda.GetAliasInput{FunctionName: function, Name: aws.String("nobody")})
	var notFound *types.ResourceNotFoundException
	isNotFound := errors.As(err, &notFound)
	if _, err := client.DeleteFunction(ctx, &lambda.DeleteFunctionInput{FunctionName: function}); err != nil {
		return nil, fmt.Errorf("deleting: %w", err)
	}
	return map[string]any{
		"state":    created.State,
		"alias":    aws.ToString(alias.AliasArn),
		"answer":   string(invoked.Payload),
		"executed": aws.ToString(invoked.ExecutedVersion),
		"versions": versions,
		"notFound": isNotFound,
	}, nil
}

func listVersions(ctx context.Context, client *lambda.Client) ([]string, error) {
	input := &lambda.ListVersionsByFunctionInput{FunctionName: aws.String(name), MaxItems: aws.Int32(1)}
	pages := lambda.NewListVersionsByFunctionPaginator(client, input)
	var versions []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, version := range page.Versions {
			versions = append(versions, aws.ToString(version.Version))
		}
	}
	return versions, nil
}

func archive(answer string) []byte {
	var data bytes.Buffer
	code := zip.NewWriter(&data)
	file, _ := code.Create("index.js")
	_, _ = fmt.Fprintf(file, "exports.handler = async () => %q;", answer)
	_ = code.Close()
	return data.Bytes()
}
