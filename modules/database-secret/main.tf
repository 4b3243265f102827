resource "helm_release" "this" {
  name             = var.name
  namespace        = var.namespace
  create_namespace = var.create_namespace
  chart            = "${path.module}/chart"

  # Makes Helm upgrade when only the templates have changed.
  values = [yamlencode({ templates = sha1(join("", [for file in sort(fileset("${path.module}/chart", "templates/*")) : filesha1("${path.module}/chart/${file}")])) })]

  # Encoded, because the provider reads a value as `helm --set` does, where commas and backslashes mean something.
  set_wo = [{
    name  = "password"
    type  = "string"
    value = base64encode(var.password)
  }]
  set_wo_revision = var.password_version

  # A write-only value is only sent when its revision is raised: at any other change the release keeps what it has.
  reuse_values = true
}
