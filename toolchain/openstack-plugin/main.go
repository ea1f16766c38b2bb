// Command pulumi-resource-openstack is Pulumi's provider "openstack" for machines that cannot download the official one:
// the same OpenStack Terraform provider behind the same bridge, with the names of the npm package @pulumi/openstack.
// It serves the resources and functions that Coffer uses.
package main

import (
	tfopenstack "github.com/terraform-provider-openstack/terraform-provider-openstack/openstack"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// version is that of the official plugin this one stands in for, set when it is built.
var version = "0.0.0"

func main() {
	described := `{"name":"openstack","version":"` + version + `"}`
	tfbridge.Main("openstack", version, describe(), []byte(described))
}

// describe names what is served: everything else of the Terraform provider is left out.
func describe() tfbridge.ProviderInfo {
	terraform := tfopenstack.Provider()
	addOurs(terraform)
	provider := shimv2.NewProvider(terraform)

	info := tfbridge.ProviderInfo{
		P:            provider,
		Name:         "openstack",
		Version:      version,
		Config:       map[string]*tfbridge.SchemaInfo{"cloud": fromVariable("OS_CLOUD"), "region": fromVariable("OS_REGION_NAME")},
		Resources:    map[string]*tfbridge.ResourceInfo{},
		DataSources:  map[string]*tfbridge.DataSourceInfo{},
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}
	for name, token := range resources {
		info.Resources[name] = &tfbridge.ResourceInfo{Tok: tokens.Type("openstack:" + token), Fields: fields[name]}
	}
	for name, token := range functions {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember("openstack:" + token)}
	}
	info.IgnoreMappings = append(others(provider.ResourcesMap(), resources), others(provider.DataSourcesMap(), functions)...)
	info.SetAutonaming(255, "-")
	return info
}

func fromVariable(name string) *tfbridge.SchemaInfo {
	return &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: []string{name}}}
}

// others lists the types of the Terraform provider that are not served.
func others(all shim.ResourceMap, served map[string]string) []string {
	var names []string
	all.Range(func(name string, _ shim.Resource) bool {
		if _, ok := served[name]; !ok {
			names = append(names, name)
		}
		return true
	})
	return names
}
