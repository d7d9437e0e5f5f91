// Argo CD's application controller and repo-server, the kustomize that the latter calls, and its judgement of an object's
// health, in one program that is called by their names. Nothing of Argo CD is changed.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	controller "github.com/argoproj/argo-cd/v3/cmd/argocd-application-controller/commands"
	gitaskpass "github.com/argoproj/argo-cd/v3/cmd/argocd-git-ask-pass/commands"
	reposerver "github.com/argoproj/argo-cd/v3/cmd/argocd-repo-server/commands"
	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kustomize "sigs.k8s.io/kustomize/kustomize/v5/commands"
)

func main() {
	var c *cobra.Command
	switch filepath.Base(os.Args[0]) {
	case "argocd-application-controller":
		c = controller.NewCommand()
	case "argocd-repo-server":
		c = reposerver.NewCommand()
	case "argocd-git-ask-pass":
		c = gitaskpass.NewCommand()
	case "kustomize":
		c = kustomize.NewDefaultCommand()
	case "argocd-health":
		c = newHealthCommand()
	default:
		fmt.Fprintln(os.Stderr, "unknown component", os.Args[0])
		os.Exit(2)
	}
	if c.Execute() != nil {
		os.Exit(1)
	}
}

// A list of objects on stdin is answered with the list of their health, as the script has it.
func newHealthCommand() *cobra.Command {
	return &cobra.Command{Use: "argocd-health SCRIPT", Args: cobra.ExactArgs(1), RunE: func(_ *cobra.Command, args []string) error {
		script, err := os.ReadFile(args[0])
		if err != nil {
			return err
		}
		var objects []unstructured.Unstructured
		if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
			return err
		}
		judged := make([]*health.HealthStatus, len(objects))
		for i := range objects {
			if judged[i], err = (lua.VM{}).ExecuteHealthLua(&objects[i], string(script)); err != nil {
				return err
			}
		}
		return json.NewEncoder(os.Stdout).Encode(judged)
	}}
}
