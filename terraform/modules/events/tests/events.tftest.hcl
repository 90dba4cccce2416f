# The real provider, which asks nobody: policies are made by it, and a plan of new things needs no account.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  skip_get_ec2_platforms      = true
}

variables {
  name        = "quietway"
  cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/quietway"
}

run "only_our_tasks" {
  command = plan
  assert {
    condition = jsondecode(aws_cloudwatch_event_rule.this.event_pattern) == {
      source        = ["aws.ecs"]
      "detail-type" = ["ECS Task State Change"]
      detail        = { clusterArn = [var.cluster_arn], startedBy = [{ prefix = "quietway/" }] }
    }
    error_message = "Events of this cluster, of tasks that the launcher started."
  }
}

run "errors_are_told" {
  command = plan
  variables {
    cluster_arn = "quietway"
    kms_key_arn = "alias/x"
  }
  expect_failures = [var.cluster_arn, var.kms_key_arn]
}
