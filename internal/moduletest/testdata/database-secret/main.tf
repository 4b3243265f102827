# In place of the module's own main.tf where the helm provider is older than 3, and so without write-only values: the same
# release, whose password is then in the state.
resource "helm_release" "this" {
  name             = var.name
  namespace        = var.namespace
  create_namespace = var.create_namespace
  chart            = "${path.module}/chart"

  values = [sensitive(yamlencode({ password = base64encode(var.password) }))]
}
