# On the copy that scripts/terraform/aged.py makes.
mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b", "us-east-1c"] }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  domain_name = "quietway.example.org"
  zone_id     = "Z0123456789"
}

run "it_can_be_planned" {
  command = plan
  assert {
    condition     = output.quietway.url == "https://quietway.example.org" && output.quietway.cluster == "quietway" && output.quietway.published_host == null
    error_message = "What the Deploy page needs."
  }
}

run "errors_are_told" {
  command = plan
  variables {
    domain_name = "https://quietway.example.org"
    zone_id     = "example.org"
    image_tag   = "1:0"
    region      = "Frankfurt"
  }
  expect_failures = [var.domain_name, var.zone_id, var.image_tag, var.region]
}
